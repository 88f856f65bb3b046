module "logs" {
  source = "../.."

  name       = "shop-dev-logs"
  account_id = "00000000-0000-0000-0000-000000000000"
  role_arn   = "arn:aws:iam::111111111111:role/shop-dev-databricks-log-delivery"
  bucket     = "shop-dev-databricks-111111111111"
}
