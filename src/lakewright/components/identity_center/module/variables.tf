variable "permission_sets" {
  description = "Permission sets, by key: policies of AWS and an inline policy (JSON), and how long a session lasts (ISO 8601)."

  type = map(object({
    name             = string
    description      = optional(string)
    session_duration = optional(string, "PT8H")
    managed_policies = optional(set(string), [])
    inline_policy    = optional(string)
  }))

  default = {}

  validation {
    condition     = alltrue([for one in var.permission_sets : can(regex("^[\\w+=,.@-]{1,32}$", one.name))])
    error_message = "A permission set's name has 1 to 32 letters, digits and _+=,.@-"
  }

  validation {
    condition     = alltrue([for one in var.permission_sets : can(regex("^PT([1-9]|1[0-2])H$", one.session_duration))])
    error_message = "A session lasts PT1H to PT12H."
  }

  validation {
    condition     = alltrue([for one in var.permission_sets : one.inline_policy == null ? true : can(jsondecode(one.inline_policy).Statement) && length(one.inline_policy) <= 32768])
    error_message = "An inline policy is a JSON document with statements, of at most 32768 characters."
  }
}

variable "groups" {
  description = "Groups, by key."

  type = map(object({
    display_name = string
    description  = optional(string)
  }))

  default = {}

  validation {
    condition     = length(distinct([for group in var.groups : lower(group.display_name)])) == length(var.groups)
    error_message = "Two groups have names that differ by case only."
  }
}

variable "users" {
  description = "People, by key, with the keys of their groups. The e-mail address is where the invitation goes."

  type = map(object({
    user_name    = string
    given_name   = string
    family_name  = string
    display_name = string
    email        = string
    groups       = optional(set(string), [])
  }))

  default = {}

  validation {
    condition     = alltrue([for user in var.users : can(regex("^[^\\s@]+@[^\\s@]+[.][^\\s@]+$", user.email))])
    error_message = "Every user has an e-mail address: the invitation goes there."
  }

  validation {
    condition     = length(distinct([for user in var.users : lower(user.user_name)])) == length(var.users)
    error_message = "Two users have names that differ by case only."
  }

  validation {
    condition     = length(setsubtract(flatten([for user in var.users : tolist(user.groups)]), keys(var.groups))) == 0
    error_message = "A user is in a group that is not declared."
  }
}

variable "attributes" {
  description = "Attributes of people that sessions carry as tags: tag, and where its value is from, such as the path userName."
  type        = map(set(string))
  default     = {}
}

variable "assignments" {
  description = "Who may do what where: a permission set, a group or a user (by key), and an account (twelve digits)."

  type = map(object({
    permission_set = string
    group          = optional(string)
    user           = optional(string)
    account        = string
  }))

  default = {}

  validation {
    condition     = alltrue([for one in var.assignments : length(compact([one.group, one.user])) == 1 && can(regex("^[0-9]{12}$", one.account))])
    error_message = "An assignment names a group or a user, and an account of twelve digits."
  }

  validation {
    condition     = alltrue([for one in var.assignments : contains(keys(var.permission_sets), one.permission_set) && (one.group == null ? true : contains(keys(var.groups), one.group)) && (one.user == null ? true : contains(keys(var.users), one.user))])
    error_message = "An assignment names a permission set, a group or a user that is not declared."
  }
}
