module "account" {
  source = "../.."

  groups    = ["DataEngineers", "DataAnalysts"]
  users     = { "ana@example.com" = { display_name = "Ana Lopes", groups = ["DataAnalysts"] } }
  metastore = { mode = "make", name = "shop-us-east-1", region = "us-east-1" }
}
