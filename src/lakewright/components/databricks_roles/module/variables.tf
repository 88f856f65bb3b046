variable "roles" {
  description = "Roles, by key: who takes them (JSON), and what they may (JSON by name). `instance_profile`: machines take it."

  type = map(object({
    name             = string
    description      = string
    trust_policy     = string
    policies         = map(string)
    instance_profile = optional(bool, false)
  }))

  validation {
    condition     = alltrue([for role in var.roles : can(regex("^[\\w+=,.@-]{1,64}$", role.name))])
    error_message = "A role's name has 1 to 64 letters, digits and _+=,.@-"
  }

  validation {
    condition     = alltrue([for role in var.roles : can(jsondecode(role.trust_policy).Statement) && alltrue([for text in role.policies : can(jsondecode(text).Statement)])])
    error_message = "Policies are JSON documents with statements."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the roles; null: none."
  type        = string
  default     = null
}
