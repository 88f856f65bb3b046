variable "name" {
  description = "Name of the cluster."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.name))
    error_message = "A cluster's name has 1 to 255 letters, digits, hyphens and underscores."
  }
}

variable "account" {
  description = "Account that the cluster belongs to; tasks' roles trust ECS on its behalf only."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "An account has twelve digits."
  }
}

variable "region" {
  description = "Region of the cluster, for its logs."
  type        = string
}

variable "container_insights" {
  description = "Whether CloudWatch Container Insights watches the cluster; its metrics cost extra."
  type        = bool
  default     = false
}

variable "spot" {
  description = "Whether tasks run on spare capacity (FARGATE_SPOT): about 70 % cheaper, stopped with two minutes' notice."
  type        = bool
  default     = true
}

variable "tasks" {
  description = "Task definitions by a short key: size, image, command, environment, secrets (ARN and, of a JSON secret, the key), folders that can be written and the policy of the task's own role."
  type = map(object({
    family         = string
    role_name      = string
    log_group      = string
    cpu            = number
    memory         = number
    repository_url = string
    tag            = string
    policy         = string
    command        = optional(list(string))
    environment    = optional(map(string), {})
    secrets        = optional(map(object({ arn = string, key = optional(string) })), {})
    architecture   = optional(string, "X86_64")
    writable       = optional(list(string), ["/tmp"])
  }))

  validation {
    condition     = alltrue([for task in values(var.tasks) : contains([256, 512, 1024, 2048, 4096, 8192, 16384], task.cpu)])
    error_message = "Fargate's CPU is 256, 512, 1024, 2048, 4096, 8192 or 16384 units."
  }

  validation {
    condition = alltrue([
      for task in values(var.tasks) :
      contains(lookup({
        "256"   = [512, 1024, 2048]
        "512"   = range(1024, 4097, 1024)
        "1024"  = range(2048, 8193, 1024)
        "2048"  = range(4096, 16385, 1024)
        "4096"  = range(8192, 30721, 1024)
        "8192"  = range(16384, 61441, 4096)
        "16384" = range(32768, 122881, 8192)
      }, tostring(task.cpu), []), task.memory)
    ])
    error_message = "Fargate has no such memory (MiB) for that CPU: see the sizes in AWS's Fargate documentation."
  }

  validation {
    condition     = alltrue([for task in values(var.tasks) : contains(["X86_64", "ARM64"], task.architecture)])
    error_message = "The architecture is X86_64 or ARM64."
  }

  validation {
    condition     = alltrue([for task in values(var.tasks) : can(regex("^([A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64})$", task.tag))])
    error_message = "An image is named by its tag or its sha256 digest."
  }
}

variable "services" {
  description = "Services by a short key: the task they keep running, and how many of it. Zero keeps the service without running anything."
  type = map(object({
    name          = string
    task          = string
    desired_count = optional(number, 0)
  }))
  default = {}

  validation {
    condition     = alltrue([for service in values(var.services) : service.desired_count >= 0 && floor(service.desired_count) == service.desired_count])
    error_message = "A service runs zero or more whole tasks."
  }
}

variable "subnet_ids" {
  description = "Private subnets in which tasks run; they need endpoints (or a NAT) for ECR, S3, Logs and Secrets Manager."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "Security groups of the tasks."
  type        = list(string)
  default     = []
}

variable "execution_role_name" {
  description = "Name of the role that starts tasks."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.execution_role_name))
    error_message = "A role's name has 1 to 64 letters, digits and +=,.@_- characters."
  }
}

variable "execution_policy" {
  description = "JSON policy of the role that starts tasks: pull the images, write the logs, read the secrets."
  type        = string
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles made here; null for none."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch Logs knows only certain numbers of days, such as 7, 30, 90 and 365."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the logs; its policy must allow the Logs service. Null for a key that AWS owns."
  type        = string
  default     = null
}
