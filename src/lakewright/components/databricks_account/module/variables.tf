variable "groups" {
  description = "Names of the account's groups."
  type        = set(string)
  default     = []

  validation {
    condition     = length(distinct([for name in var.groups : lower(name)])) == length(var.groups)
    error_message = "Two groups have names that differ by case only."
  }

  validation {
    condition     = length(setintersection([for name in var.groups : lower(name)], ["users", "admins", "account users"])) == 0
    error_message = "The groups users, admins and account users are Databricks' own."
  }
}

variable "users" {
  description = "People by their e-mail address, with the names of their groups."

  type = map(object({
    display_name = string
    groups       = optional(set(string), [])
  }))

  default = {}

  validation {
    condition     = alltrue([for address in keys(var.users) : can(regex("^[^\\s@]+@[^\\s@]+[.][^\\s@]+$", address))])
    error_message = "People are known by their e-mail address."
  }

  validation {
    condition     = length(setsubtract(flatten([for user in var.users : tolist(user.groups)]), var.groups)) == 0
    error_message = "A user is in a group that is not declared."
  }
}

variable "service_principals" {
  description = "Programs that work in workspaces, by key, with the names of their groups. `login`: whose tokens they log in with (OAuth token federation); a secret, where one is needed, is made by hand and lies nowhere here."

  type = map(object({
    display_name = string
    groups       = optional(set(string), [])

    login = optional(object({
      issuer    = string
      subject   = string
      audiences = list(string)
      jwks_json = optional(string)
    }))
  }))

  default = {}

  validation {
    condition     = length(setsubtract(flatten([for one in var.service_principals : tolist(one.groups)]), var.groups)) == 0
    error_message = "A service principal is in a group that is not declared."
  }

  validation {
    condition     = alltrue([for one in var.service_principals : one.login == null ? true : startswith(one.login.issuer, "https://") && one.login.subject != "" && length(one.login.audiences) > 0])
    error_message = "A login names an issuer (https://…), the tokens' subject and their audiences."
  }
}

variable "metastore" {
  description = "The region's metastore: `make` it, or `adopt` the one that there is. There is one in an account and region."

  type = object({
    mode   = string
    name   = string
    region = string
    owner  = optional(string)
  })

  validation {
    condition     = contains(["make", "adopt"], var.metastore.mode)
    error_message = "A metastore is to make or to adopt."
  }
}

variable "force_destroy" {
  description = "Whether destroying the metastore deletes the catalogs in it."
  type        = bool
  default     = false
}
