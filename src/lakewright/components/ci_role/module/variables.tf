variable "oidc" {
  description = "Issuer of the pipeline's tokens and the audiences they carry; `create = false` if the account has the provider already. Null if an account is trusted instead."
  type = object({
    url       = string
    audiences = list(string)
    create    = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.oidc == null || can(regex("^https://[^/?#]+", var.oidc.url))
    error_message = "The issuer is an https address."
  }
}

variable "roles" {
  description = "Roles by a short key: name, who may assume it (JSON) and its policies (name to JSON, each at most 6144 characters without white space)."
  type = map(object({
    name         = string
    description  = string
    trust_policy = string
    policies     = map(string)
  }))

  validation {
    condition     = alltrue([for role in values(var.roles) : can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", role.name))])
    error_message = "A role's name has 1 to 64 letters, digits and +=,.@_- characters."
  }

  validation {
    condition     = alltrue([for role in values(var.roles) : length(role.policies) <= 10])
    error_message = "A role has at most ten managed policies."
  }

  validation {
    condition = alltrue(flatten([
      for role in values(var.roles) : [for document in values(role.policies) : length(replace(document, "/\\s/", "")) <= 6144]
    ]))
    error_message = "A managed policy has at most 6144 characters besides white space."
  }
}

variable "session_seconds" {
  description = "Longest session of the pipeline."
  type        = number
  default     = 3600

  validation {
    condition     = var.session_seconds >= 3600 && var.session_seconds <= 43200
    error_message = "A session lasts 3600 to 43200 seconds."
  }
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles; null for none."
  type        = string
  default     = null
}
