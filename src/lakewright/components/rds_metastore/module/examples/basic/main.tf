module "metastore" {
  source = "../.."

  name               = "shop-dev-metastore"
  subnet_ids         = ["subnet-11111111", "subnet-22222222"]
  security_group_ids = ["sg-11111111"]
  protected          = false
}
