variable "name" {
  description = "Name of the database server and beginning of the names of what belongs to it."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name)) && length(var.name) <= 50
    error_message = "RDS takes names of 1 to 50 lower-case letters, digits and single hyphens, beginning with a letter."
  }
}

variable "subnet_ids" {
  description = "Private subnets in two availability zones at least."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "RDS wants subnets in two availability zones at least."
  }
}

variable "security_group_ids" {
  description = "Security groups of the server: they let clusters in and nobody else."
  type        = set(string)
}

variable "database" {
  description = "The server: PostgreSQL's version, class of machine, GB of storage (it grows to four times that), days of backups."

  type = object({
    engine_version = optional(string, "16")
    instance_class = optional(string, "db.t3.small")
    storage_gb     = optional(number, 20)
    backup_days    = optional(number, 7)
    multi_az       = optional(bool, false)
  })

  default = {}

  validation {
    condition     = var.database.storage_gb >= 20 && var.database.backup_days >= 1 && var.database.backup_days <= 35
    error_message = "Storage is 20 GB at least, and backups are kept for 1 to 35 days."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts storage and password; null: AWS's own keys."
  type        = string
  default     = null
}

variable "protected" {
  description = "Whether it cannot be deleted, and a last snapshot is made if it is."
  type        = bool
  default     = true
}
