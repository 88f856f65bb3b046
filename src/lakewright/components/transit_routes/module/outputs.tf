output "ready" {
  description = "The networks that reach each other through the firewall, once they do."
  value       = keys(aws_ec2_transit_gateway_route_table_association.spokes)
  depends_on  = [aws_ec2_transit_gateway_route.to_firewall, aws_ec2_transit_gateway_route_table_propagation.inspected]
}
