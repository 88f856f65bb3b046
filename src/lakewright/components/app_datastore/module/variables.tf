variable "name" {
  description = "Name of the database instance."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,49}$", var.name)) && !strcontains(var.name, "--")
    error_message = "A name has 1 to 50 lower-case letters, digits and single hyphens."
  }
}

variable "database" {
  description = "Name of the database in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database))
    error_message = "A database's name has lower-case letters, digits and underscores."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets for databases, in two zones at least."
  type        = set(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "RDS wants subnets in two availability zones at least."
  }
}

variable "engine_version" {
  description = "Version of PostgreSQL."
  type        = string
  default     = "16.4"
}

variable "instance_class" {
  description = "Instance class."
  type        = string
  default     = "db.t4g.small"
}

variable "storage_gb" {
  description = "GB at first; it grows fourfold."
  type        = number
  default     = 20
}

variable "multi_az" {
  description = "A standby in a second zone."
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Days that backups are kept."
  type        = number
  default     = 7
}

variable "protected" {
  description = "Whether it is protected against deletion, and keeps a last snapshot."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the data and the owner's password; null: AWS's own."
  type        = string
  default     = null
}
