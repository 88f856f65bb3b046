resource "aws_vpc" "this" {
  cidr_block = var.cidr
  tags       = merge({ Name = var.name, id = var.id }, var.tags)
}

resource "aws_subnet" "this" {
  for_each          = var.subnets
  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value.cidr
  availability_zone = each.value.zone
}
