output "vpc_id" {
  description = "Id of the network."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Addresses of the network."
  value       = aws_vpc.this.cidr_block
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, in the order of their names."
  value       = [for key in sort(keys(local.private)) : aws_subnet.this[key].id]
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, in the order of their names."
  value       = [for key in sort(keys(local.public)) : aws_subnet.this[key].id]
}

output "subnet_ids" {
  description = "Id of each subnet, by name."
  value       = { for key, subnet in aws_subnet.this : key => subnet.id }
}

output "subnet_ids_by_tier" {
  description = "Ids of the subnets of each tier, in the order of their names."
  value       = { for tier in distinct(values(var.subnets)[*].tier) : tier => [for key in sort(keys(var.subnets)) : aws_subnet.this[key].id if var.subnets[key].tier == tier] }
}

output "private_zones" {
  description = "Zone of each private subnet, in the order of private_subnet_ids."
  value       = [for key in sort(keys(local.private)) : aws_subnet.this[key].availability_zone]
}

output "security_group_ids" {
  description = "Id of each security group, by name; endpoints is the interface endpoints'."
  value       = merge({ endpoints = aws_security_group.endpoints.id }, { for key, group in aws_security_group.this : key => group.id })
}

output "private_route_table_ids" {
  description = "Ids of the private subnets' route tables, by zone."
  value       = { for zone, table in aws_route_table.private : zone => table.id }
}

output "endpoint_ids" {
  description = "Id of each endpoint, by service."
  value       = { for key, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : key => endpoint.id }
}

output "nat_addresses" {
  description = "Public addresses of the NAT gateways, by zone."
  value       = { for zone, address in aws_eip.nat : zone => address.public_ip }
}

output "vpn_key_arns" {
  description = "ARN of the secret with the tunnels' keys, by site."
  value       = { for site, connection in aws_vpn_connection.this : site => connection.preshared_key_arn }
}
