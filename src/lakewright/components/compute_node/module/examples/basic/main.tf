resource "aws_vpc" "example" {
  cidr_block = "10.20.0.0/24"
}

resource "aws_subnet" "example" {
  vpc_id     = aws_vpc.example.id
  cidr_block = "10.20.0.0/26"
}

module "compute_node" {
  source = "../.."

  name      = "example-dev-node"
  role_name = "example-dev-node"
  vpc_id    = aws_vpc.example.id
  subnet_id = aws_subnet.example.id
  user_data = "#!/bin/bash\necho started\n"
  ingress = {
    metrics = { port = 9100, description = "Prometheus reads the metrics of the node", cidr = "10.20.0.0/24" }
  }
}

output "instance_id" {
  description = "The machine."
  value       = module.compute_node.instance_id
}
