# Each account sees its own workspaces' subnets and security groups, and nothing else of the network.
resource "aws_ram_resource_share" "this" {
  for_each = var.shares

  name                      = "${var.name}-${each.key}"
  allow_external_principals = false

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_ram_principal_association" "this" {
  for_each = var.shares

  principal          = each.value.account
  resource_share_arn = aws_ram_resource_share.this[each.key].arn
}

resource "aws_ram_resource_association" "subnets" {
  for_each = merge([for name, share in var.shares : { for subnet in share.subnets : "${name}/${subnet}" => { share = name, subnet = subnet } }]...)

  resource_arn       = aws_subnet.this[each.value.subnet].arn
  resource_share_arn = aws_ram_resource_share.this[each.value.share].arn
}

resource "aws_ram_resource_association" "groups" {
  for_each = merge([for name, share in var.shares : { for group in share.groups : "${name}/${group}" => { share = name, group = group } }]...)

  resource_arn       = aws_security_group.workspace[each.value.group].arn
  resource_share_arn = aws_ram_resource_share.this[each.value.share].arn
}
