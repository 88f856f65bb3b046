resource "aws_vpc" "this" {
  cidr_block = "10.32.0.0/24"
}

resource "aws_subnet" "this" {
  for_each = { us-east-1a = "10.32.0.0/27", us-east-1b = "10.32.0.32/27" }

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value
  availability_zone = each.key
}

module "datastore" {
  source = "../.."

  name       = "shop-catalog"
  database   = "catalog"
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for subnet in aws_subnet.this : subnet.id]
  protected  = false
}
