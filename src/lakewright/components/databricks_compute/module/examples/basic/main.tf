module "compute" {
  source = "../.."

  policies = {
    shared = {
      definition = jsonencode({ autotermination_minutes = { type = "fixed", value = 30 } })
      groups     = ["DataEngineers"]
    }
  }

  warehouses = { sql = { size = "Small", auto_stop = 10, groups = ["DataAnalysts"] } }
}
