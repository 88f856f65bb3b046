variable "name" {
  description = "Name of cluster, service and database."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,56}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "RDS takes names of 2 to 58 lower-case letters, digits and single hyphens, beginning with a letter."
  }
}

variable "load_balancer_name" {
  description = "Name of the load balancer and its target group."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$", var.load_balancer_name)) && !startswith(var.load_balancer_name, "internal-")
    error_message = "A load balancer's name has 1 to 32 letters, digits and hyphens, and does not begin with internal-."
  }
}

variable "account" {
  description = "Account of the application; its roles trust ECS on its behalf only."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "An account has twelve digits."
  }
}

variable "region" {
  description = "Region of the application, for its logs."
  type        = string
}

variable "vpc_id" {
  description = "Network of the application: the lake's own."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in two availability zones or more."
  type        = list(string)
}

variable "client_cidr" {
  description = "Addresses that may use the application."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.client_cidr)) && var.client_cidr != "0.0.0.0/0"
    error_message = "An internal application is opened to a network, not to everyone."
  }
}

variable "replication_cidr" {
  description = "Addresses from which the lake's replication reads the database."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.replication_cidr)) && var.replication_cidr != "0.0.0.0/0"
    error_message = "A database is opened to a network, not to everyone."
  }
}

variable "certificate_arn" {
  description = "Certificate (ACM) for HTTPS; null: HTTP within the network."
  type        = string
  default     = null
}

variable "task" {
  description = "The application's container: image by repository and tag (or sha256 digest), port, path that says whether it is well, size, plain environment."
  type = object({
    repository_url = string
    tag            = string
    port           = optional(number, 8000)
    health_path    = optional(string, "/")
    cpu            = optional(number, 512)
    memory         = optional(number, 1024)
    command        = optional(list(string))
    environment    = optional(map(string), {})
  })
}

variable "desired_count" {
  description = "How many tasks run."
  type        = number
  default     = 1

  validation {
    condition     = var.desired_count >= 0
    error_message = "Zero or more tasks run."
  }
}

variable "database" {
  description = "The PostgreSQL database: version, size, name, owner, backup; WAL (MiB) that a stopped replication may hold back."
  type = object({
    engine_version = optional(string, "16.4")
    instance_class = optional(string, "db.t4g.small")
    storage_gb     = optional(number, 20)
    name           = optional(string, "shop")
    owner          = optional(string, "shop_owner")
    multi_az       = optional(bool, false)
    backup_days    = optional(number, 7)
    slot_wal_mb    = optional(number, 10240)
  })
  default = {}

  validation {
    condition     = can(regex("^1[3-7](\\.[0-9]+)?$", var.database.engine_version))
    error_message = "Replication reads PostgreSQL 13 to 17."
  }

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database.instance_class))
    error_message = "A database's size looks like db.t4g.small."
  }

  validation {
    condition     = var.database.storage_gb >= 20 && var.database.storage_gb <= 65536
    error_message = "A gp3 database has 20 to 65536 GiB."
  }

  validation {
    condition     = !contains(["admin", "postgres", "rdsadmin", "rds_superuser", "root"], var.database.owner)
    error_message = "RDS reserves that name, or it tells too much; take another owner."
  }

  validation {
    condition     = var.database.backup_days >= 1 && var.database.backup_days <= 35
    error_message = "RDS keeps backups for 1 to 35 days."
  }
}

variable "protected" {
  description = "Whether database and load balancer are protected against deletion."
  type        = bool
  default     = false
}

variable "execution_role_name" {
  description = "Name of the role that starts tasks."
  type        = string
}

variable "execution_policy" {
  description = "JSON policy of that role: pull the image, write the log, read the secret."
  type        = string
}

variable "task_role_name" {
  description = "Name of the application's own role."
  type        = string
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles; null for none."
  type        = string
  default     = null
}

variable "container_insights" {
  description = "Whether CloudWatch Container Insights watches the cluster; its metrics cost extra."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How long the log is kept."
  type        = number
  default     = 30
}

variable "kms_key_arn" {
  description = "Key that encrypts database, secret and log; null for AWS's own."
  type        = string
  default     = null
}
