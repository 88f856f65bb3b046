# Names of the network's own. The accounts of its workspaces write into it through a provider of this account.
resource "aws_route53_zone" "this" {
  count = var.zone == null ? 0 : 1

  name    = var.zone
  comment = "Names in ${var.name}"

  vpc {
    vpc_id = aws_vpc.this.id
  }

  # Further networks are associated from outside.
  lifecycle {
    ignore_changes = [vpc]
  }
}
