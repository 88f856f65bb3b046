module "hub" {
  source = "../.."

  name     = "shop-network"
  accounts = ["222222222222", "333333333333"]
}
