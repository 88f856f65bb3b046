resource "aws_vpc" "example" {
  cidr_block = "10.30.0.0/24"
}

resource "aws_subnet" "example" {
  for_each = { a = "10.30.0.0/26", b = "10.30.0.64/26" }

  vpc_id            = aws_vpc.example.id
  cidr_block        = each.value
  availability_zone = "us-east-1${each.key}"
}

module "source_app" {
  source = "../.."

  name                = "example-dev-shop"
  load_balancer_name  = "example-dev-shop"
  account             = "123456789012"
  region              = "us-east-1"
  vpc_id              = aws_vpc.example.id
  subnet_ids          = [for subnet in aws_subnet.example : subnet.id]
  client_cidr         = "10.30.0.0/24"
  replication_cidr    = "10.30.0.0/24"
  task                = { repository_url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/example-dev-shop", tag = "1.0" }
  execution_role_name = "example-dev-shop-start"
  task_role_name      = "example-dev-shop"
  execution_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" }]
  })
}

output "database_address" {
  description = "Where replication reads."
  value       = module.source_app.database_address
}
