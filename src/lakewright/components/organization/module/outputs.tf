output "id" {
  description = "Id of the organization, o-…"
  value       = local.organization.id
}

output "root_id" {
  description = "Id of its root, r-…"
  value       = local.organization.root
}

output "management_account_id" {
  description = "The account that manages the organization; service control policies never bind it."
  value       = local.organization.account
}

output "unit_ids" {
  description = "Ids of the organizational units, by key."
  value       = local.units
}

output "account_ids" {
  description = "The twelve digits of the accounts, by key."
  value       = local.accounts
}

output "policy_ids" {
  description = "Ids of the service control policies, by key."
  value       = { for key, policy in aws_organizations_policy.this : key => policy.id }
}
