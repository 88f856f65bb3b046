module "guardduty" {
  source = "../.."

  features = ["S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"]
}
