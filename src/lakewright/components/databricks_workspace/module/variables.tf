variable "name" {
  description = "Name of the workspace and of its configurations in the account."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,99}$", var.name))
    error_message = "A workspace's name has 1 to 100 lower-case letters, digits and hyphens."
  }
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
  description = "AWS region of the workspace."
  type        = string
}

variable "role_arn" {
  description = "The role that Databricks takes to start and end machines."
  type        = string
}

variable "bucket" {
  description = "Name of the workspace's own bucket."
  type        = string
}

variable "network" {
  description = "Where clusters' machines are: at least two subnets in different zones, and one to five security groups."

  type = object({
    vpc_id             = string
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "Databricks needs two subnets at least, in different zones."
  }

  validation {
    condition     = length(var.network.security_group_ids) >= 1 && length(var.network.security_group_ids) <= 5
    error_message = "Databricks takes one to five security groups."
  }
}

variable "private_link" {
  description = "VPC endpoints, registered in the account, for the REST API and the relay, and the private access settings; null: by the internet."

  type = object({
    rest_api                   = string
    relay                      = string
    private_access_settings_id = string
  })

  default = null
}

variable "key" {
  description = "The key that encrypts notebooks, queries, the workspace's bucket and clusters' disks: ARN and alias; null: Databricks' own."

  type = object({
    arn   = string
    alias = string
  })

  default = null

  validation {
    condition     = var.key == null ? true : startswith(var.key.alias, "alias/")
    error_message = "A key's alias begins with alias/."
  }
}

variable "pricing_tier" {
  description = "STANDARD, PREMIUM or ENTERPRISE. Unity Catalog needs PREMIUM."
  type        = string
  default     = "PREMIUM"

  validation {
    condition     = contains(["STANDARD", "PREMIUM", "ENTERPRISE"], var.pricing_tier)
    error_message = "A pricing tier is STANDARD, PREMIUM or ENTERPRISE."
  }
}

variable "tags" {
  description = "Tags of the machines that clusters start."
  type        = map(string)
  default     = {}
}

variable "metastore_id" {
  description = "Metastore that the workspace is assigned to."
  type        = string
}

variable "members" {
  description = "Who works here: principal's id in the account and its level, USER or ADMIN, by any key."

  type = map(object({
    id    = string
    level = optional(string, "USER")
  }))

  default = {}

  validation {
    condition     = alltrue([for one in var.members : contains(["USER", "ADMIN"], one.level)])
    error_message = "Members are USER or ADMIN."
  }
}

variable "budget" {
  description = "What Databricks' own charges of this workspace may be in a month (USD), and who is told; null: no budget."

  type = object({
    monthly = number
    emails  = set(string)
  })

  default = null
}
