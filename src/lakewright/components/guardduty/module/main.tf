locals {
  features = ["S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS"]
}

resource "aws_guardduty_detector" "this" {
  enable                       = true
  finding_publishing_frequency = var.frequency
}

# Each by its own name: what nobody asked for is off, whatever GuardDuty's default becomes.
resource "aws_guardduty_detector_feature" "this" {
  for_each = toset(local.features)

  detector_id = aws_guardduty_detector.this.id
  name        = each.key
  status      = contains(var.features, each.key) ? "ENABLED" : "DISABLED"
}
