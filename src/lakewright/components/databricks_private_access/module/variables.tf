variable "name" {
  description = "Beginning of the names in the Databricks account."
  type        = string
}

variable "account_id" {
  description = "Id of the Databricks account."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.account_id))
    error_message = "A Databricks account's id is a UUID."
  }
}

variable "region" {
  description = "AWS region of the endpoints."
  type        = string
}

variable "endpoints" {
  description = "VPC endpoints of Databricks' services by network/kind: nonprod/rest, nonprod/relay, dmz/front_end."
  type        = map(string)
}

variable "settings" {
  description = "Networks, each with the endpoints (keys of `endpoints`) by which its workspaces are reached."
  type        = map(list(string))

  validation {
    condition     = length(setsubtract(flatten(values(var.settings)), keys(var.endpoints))) == 0
    error_message = "An endpoint by which workspaces are reached is none of the endpoints."
  }
}

variable "public" {
  description = "Whether workspaces are reached by the internet too."
  type        = bool
  default     = false
}
