module "budget" {
  source = "../.."

  name    = "shop-dev"
  monthly = 200
  emails  = ["costs@example.com"]
  anomaly = { least = 20 }
}
