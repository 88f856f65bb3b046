# What is not allowed below is dropped: rules are looked at in their order, the first that fits decides.
resource "aws_networkfirewall_rule_group" "this" {
  for_each = var.rule_groups

  name        = "${var.name}-${each.key}"
  description = each.value.description
  type        = "STATEFUL"
  capacity    = each.value.capacity

  rule_group {
    rule_variables {
      ip_sets {
        key = "HOME_NET"
        ip_set { definition = var.home_networks }
      }
    }

    rules_source {
      rules_string = each.value.rules
    }

    stateful_rule_options {
      rule_order = "STRICT_ORDER"
    }
  }

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_networkfirewall_firewall_policy" "this" {
  name        = var.name
  description = "What may pass between networks, and out of them"

  firewall_policy {
    stateless_default_actions          = ["aws:forward_to_sfe"]
    stateless_fragment_default_actions = ["aws:forward_to_sfe"]
    stateful_default_actions           = ["aws:drop_established", "aws:alert_established"]

    stateful_engine_options {
      rule_order              = "STRICT_ORDER"
      stream_exception_policy = "DROP"
    }

    dynamic "stateful_rule_group_reference" {
      for_each = var.rule_groups

      content {
        priority     = stateful_rule_group_reference.value.priority
        resource_arn = aws_networkfirewall_rule_group.this[stateful_rule_group_reference.key].arn
      }
    }
  }

  tags = { Name = var.name }
}

resource "aws_networkfirewall_firewall" "this" {
  name                              = var.name
  description                       = "Inspects what goes between networks and out of them"
  firewall_policy_arn               = aws_networkfirewall_firewall_policy.this.arn
  vpc_id                            = aws_vpc.this.id
  delete_protection                 = var.protected
  subnet_change_protection          = var.protected
  firewall_policy_change_protection = var.protected

  dynamic "subnet_mapping" {
    for_each = local.zones

    content {
      subnet_id = aws_subnet.this[subnet_mapping.value].id
    }
  }

  tags = { Name = var.name }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["alert", "flow"])

  name              = "/aws/network-firewall/${var.name}/${each.key}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_networkfirewall_logging_configuration" "this" {
  firewall_arn = aws_networkfirewall_firewall.this.arn

  logging_configuration {
    dynamic "log_destination_config" {
      for_each = aws_cloudwatch_log_group.this

      content {
        log_destination      = { logGroup = log_destination_config.value.name }
        log_destination_type = "CloudWatchLogs"
        log_type             = upper(log_destination_config.key)
      }
    }
  }
}
