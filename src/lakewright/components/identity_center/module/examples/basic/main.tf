module "identity_center" {
  source = "../.."

  permission_sets = {
    analyst = { name = "DataAnalyst", managed_policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }
  }

  groups = {
    analysts = { display_name = "DataAnalysts" }
  }

  users = {
    ana = {
      user_name    = "ana@example.com"
      given_name   = "Ana"
      family_name  = "Lopes"
      display_name = "Ana Lopes"
      email        = "ana@example.com"
      groups       = ["analysts"]
    }
  }

  assignments = {
    analysts = { permission_set = "analyst", group = "analysts", account = "111111111111" }
  }
}
