variable "roles" {
  description = "The roles, by who takes them: name, who may take them (JSON), what they may do (JSON)."

  type = map(object({
    name          = string
    description   = string
    trust         = string
    policy        = string
    session_hours = optional(number, 1)
  }))

  validation {
    condition     = alltrue([for role in var.roles : can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", role.name))])
    error_message = "A role's name has 1 to 64 letters, digits and +=,.@_-"
  }

  validation {
    condition     = length(distinct([for role in var.roles : lower(role.name)])) == length(var.roles)
    error_message = "Two roles have the same name; IAM does not tell capitals from small letters."
  }

  validation {
    condition     = alltrue([for role in var.roles : length(role.description) <= 1000])
    error_message = "IAM takes descriptions of at most 1000 characters."
  }

  validation {
    condition     = alltrue([for role in var.roles : can(jsondecode(role.trust).Statement) && can(jsondecode(role.policy).Statement)])
    error_message = "A trust or a policy is no JSON document with statements."
  }

  validation {
    condition     = alltrue([for role in var.roles : length(jsonencode(try(jsondecode(role.policy), {}))) <= 10240])
    error_message = "A role's own policies have at most 10240 characters."
  }

  validation {
    condition     = alltrue([for role in var.roles : role.session_hours >= 1 && role.session_hours <= 12])
    error_message = "Sessions last 1 to 12 hours."
  }
}

variable "boundary_arn" {
  description = "ARN of an existing policy that bounds the roles; null: none."
  type        = string
  default     = null
}

variable "boundary_policy" {
  description = "A policy that is made here and bounds the roles, as JSON; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.boundary_policy == null || var.boundary_arn == null
    error_message = "Roles have one boundary: an existing policy or one made here."
  }

  validation {
    condition     = var.boundary_policy == null || var.boundary_name != null
    error_message = "A boundary that is made here needs a name."
  }
}

variable "boundary_name" {
  description = "Name of the boundary that is made here."
  type        = string
  default     = null
}
