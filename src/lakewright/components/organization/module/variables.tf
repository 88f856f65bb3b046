variable "create" {
  description = "Whether the organization is made here; false: there is one already, and it stays as it is."
  type        = bool
  default     = true
}

variable "service_access" {
  description = "Services that may work in all accounts, such as cloudtrail.amazonaws.com."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.service_access : can(regex("^[a-z0-9.-]+[.]amazonaws[.]com$", service))])
    error_message = "A service is named by its principal, such as cloudtrail.amazonaws.com."
  }
}

variable "units" {
  description = "Organizational units, by key. `parent` is another unit's key; empty: the root."

  type = map(object({
    name   = string
    parent = optional(string, "")
  }))

  default = {}

  validation {
    condition     = alltrue([for unit in var.units : length(unit.name) >= 1 && length(unit.name) <= 128])
    error_message = "A unit's name has 1 to 128 characters."
  }

  validation {
    condition     = length(distinct([for unit in var.units : "${unit.parent}/${lower(unit.name)}"])) == length(var.units)
    error_message = "Two units below one parent have the same name."
  }

  validation {
    condition     = alltrue([for unit in var.units : unit.parent == "" || try(var.units[unit.parent].parent == "", false)])
    error_message = "A parent is a unit below the root: there are two levels."
  }
}

variable "accounts" {
  description = <<-EOT
    Accounts that are made in the organization, by key: the address of their root user, which no other AWS account may
    have, and the unit that they are in (empty: the root). `id` are the twelve digits that the account is known by:
    another one is refused.
  EOT

  type = map(object({
    name  = string
    email = string
    unit  = optional(string, "")
    id    = optional(string)
  }))

  default = {}

  validation {
    condition     = alltrue([for account in var.accounts : can(regex("^[^\\s@]+@[^\\s@]+[.][^\\s@]+$", account.email)) && length(account.email) <= 64])
    error_message = "An account has an e-mail address of at most 64 characters."
  }

  validation {
    condition     = length(distinct([for account in var.accounts : lower(account.email)])) == length(var.accounts)
    error_message = "Two accounts have the same e-mail address."
  }

  validation {
    condition     = alltrue([for account in var.accounts : account.unit == "" || contains(keys(var.units), account.unit)])
    error_message = "An account is in a unit that is not declared."
  }
}

variable "policies" {
  description = "Service control policies, by key: their document, and where they apply: root, keys of units or of accounts."

  type = map(object({
    name        = string
    description = optional(string, "")
    content     = string
    targets     = set(string)
  }))

  default = {}

  validation {
    condition     = alltrue([for policy in var.policies : can(jsondecode(policy.content).Statement) && length(policy.content) <= 5120])
    error_message = "A service control policy is a JSON document with statements, of at most 5120 characters."
  }

  validation {
    condition     = length(setsubtract(flatten([for policy in var.policies : tolist(policy.targets)]), concat(["root"], keys(var.units), keys(var.accounts)))) == 0
    error_message = "A policy applies to root, or to declared units and accounts."
  }

  validation {
    condition     = alltrue([for target in distinct(flatten([for policy in var.policies : tolist(policy.targets)])) : length([for policy in var.policies : policy if contains(policy.targets, target)]) <= 4])
    error_message = "Five policies apply to one target at most, and FullAWSAccess is one of them."
  }
}
