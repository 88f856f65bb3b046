module "organization" {
  source = "../.."

  service_access = ["cloudtrail.amazonaws.com"]

  units = {
    production = { name = "Production" }
    sandbox    = { name = "Sandbox" }
  }

  accounts = {
    analytics = { name = "analytics", email = "aws+analytics@example.com", unit = "production" }
  }

  policies = {
    root = {
      name    = "stay"
      targets = ["root"]

      content = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Sid      = "StayInOrganization"
          Effect   = "Deny"
          Action   = "organizations:LeaveOrganization"
          Resource = "*"
        }]
      })
    }
  }
}
