module "state" {
  source = "../../modules/state"

  bucket = "small-dev-state-111111111111"
}

output "state_bucket" {
  description = "The bucket for state."
  value       = module.state.bucket
}
