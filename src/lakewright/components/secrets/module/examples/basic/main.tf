module "secrets" {
  source = "../.."

  secrets = {
    app = {
      name        = "shop/dev/app"
      description = "What the application signs and encrypts with"
      random      = ["jwt_secret", "encryption_key"]
      punctuation = false
    }

    database = {
      name        = "shop/dev/database"
      description = "The application's database"
      random      = ["password"]
      values      = { username = "shop", engine = "postgres" }
    }
  }

  recovery_window_in_days = 7
}

output "secret_arns" {
  description = "ARNs of the secrets."
  value       = module.secrets.arns
}
