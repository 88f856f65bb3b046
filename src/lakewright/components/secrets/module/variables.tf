variable "secrets" {
  description = <<-EOT
    The secrets, by the key that others refer to. `random` names the parts of the JSON value that are made at random, each
    on its own; `values` are the parts that are no secret (user name, host). A secret without random parts is made empty:
    its owner puts the value in. Raise `version` to have new random parts. `rotation` has new ones made every so many days,
    by the function that it names or else by `rotator` (of `parts`, or of all).
  EOT

  type = map(object({
    name        = string
    description = string
    random      = optional(set(string), [])
    values      = optional(map(string), {})
    length      = optional(number, 32)
    punctuation = optional(bool, true)
    without     = optional(string, "\"'/@\\` ")
    version     = optional(number, 1)
    policy      = optional(string)
    rotation    = optional(object({ function_arn = optional(string), days = optional(number, 30), parts = optional(set(string)) }))
  }))

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", secret.name)) && !can(regex("-[A-Za-z0-9]{6}$", secret.name))])
    error_message = "A secret's name has 1 to 512 letters, digits and /_+=.@-, and does not end in a hyphen and six characters: AWS adds such an end to ARNs."
  }

  validation {
    condition     = length(distinct([for secret in var.secrets : secret.name])) == length(var.secrets)
    error_message = "Two secrets have the same name."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : secret.length >= 16 && secret.length <= 4096])
    error_message = "Random parts have 16 to 4096 characters."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : length(setintersection(secret.random, keys(secret.values))) == 0])
    error_message = "A part of a secret is either random or given."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : secret.rotation == null ? true : secret.rotation.days >= 1 && secret.rotation.days <= 1000])
    error_message = "Secrets Manager rotates every 1 to 1000 days."
  }
}

variable "rotator" {
  description = <<-EOT
    The function that rotates secrets without one of their own: its name and its role's, the zip with the program
    (rotate.py), the policy that lets it read and write these secrets, and the account whose Secrets Manager starts it.
  EOT

  type = object({
    function_name            = string
    role_name                = string
    package                  = string
    policy                   = string
    account                  = string
    permissions_boundary_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.rotator != null || alltrue([for secret in var.secrets : secret.rotation == null ? true : secret.rotation.function_arn != null])
    error_message = "A secret that rotates names a function, or `rotator` is given."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the secrets; null: the account's own key for Secrets Manager."
  type        = string
  default     = null
}

variable "recovery_window_in_days" {
  description = "Days in which a deleted secret can be restored; 0: none."
  type        = number
  default     = 30

  validation {
    condition     = var.recovery_window_in_days == 0 || (var.recovery_window_in_days >= 7 && var.recovery_window_in_days <= 30)
    error_message = "Secrets Manager keeps deleted secrets for 7 to 30 days, or not at all."
  }
}
