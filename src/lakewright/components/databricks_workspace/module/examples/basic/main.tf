module "workspace" {
  source = "../.."

  name         = "shop-dev"
  account_id   = "00000000-0000-0000-0000-000000000000"
  region       = "us-east-1"
  role_arn     = "arn:aws:iam::111111111111:role/shop-dev-databricks-cross-account"
  bucket       = "shop-dev-databricks-111111111111"
  metastore_id = "11111111-1111-1111-1111-111111111111"

  network = {
    vpc_id             = "vpc-11111111"
    subnet_ids         = ["subnet-11111111", "subnet-22222222"]
    security_group_ids = ["sg-11111111"]
  }
}
