variable "name" {
  description = "Name of cluster, service, task and the beginning of the roles' names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,47}$", var.name))
    error_message = "name has lower-case letters, digits and hyphens; 48 characters at most."
  }
}

variable "account" {
  description = "Account on whose behalf ECS takes the roles."
  type        = string
}

variable "region" {
  description = "Region of the log."
  type        = string
}

variable "image" {
  description = "Address of the image, without a tag."
  type        = string
}

variable "tag" {
  description = "Tag of the image, or its sha256 digest."
  type        = string
}

variable "command" {
  description = "Arguments of the ingester."
  type        = list(string)
}

variable "cpu" {
  description = "CPU units: 256, 512, 1024, 2048 or 4096."
  type        = number
  default     = 1024
}

variable "memory" {
  description = "Memory in MiB."
  type        = number
  default     = 4096

  validation {
    condition = contains(lookup({
      "256"  = [512, 1024, 2048]
      "512"  = range(1024, 4097, 1024)
      "1024" = range(2048, 8193, 1024)
      "2048" = range(4096, 16385, 1024)
      "4096" = range(8192, 30721, 1024)
    }, tostring(var.cpu), []), var.memory)
    error_message = "Fargate has no such memory (MiB) for that CPU."
  }
}

variable "desired_count" {
  description = "1: it runs; 0: it is paused. Two would wait for each other's replication slot."
  type        = number
  default     = 1

  validation {
    condition     = contains([0, 1], var.desired_count)
    error_message = "A replication slot has one reader: desired_count is 0 or 1."
  }
}

variable "spot" {
  description = "Whether it runs on spare capacity."
  type        = bool
  default     = false
}

variable "settings" {
  description = "The task's settings (JSON), and where they are put."
  type        = object({ bucket = string, key = string, text = string })
}

variable "secret_arn" {
  description = "Secret with host, port, username and password of the source; the whole becomes SOURCE_SECRET."
  type        = string
}

variable "vpc_id" {
  description = "VPC that the task runs in."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, with endpoints (or a NAT gateway) for ECR, S3, Logs and Secrets Manager."
  type        = list(string)
}

variable "postgres" {
  description = "Addresses and port at which the source is reached."
  type        = object({ cidr = string, port = number })

  validation {
    condition     = can(cidrhost(var.postgres.cidr, 0))
    error_message = "postgres.cidr is a CIDR block, such as 10.0.0.0/16."
  }
}

variable "task_policy" {
  description = "What the task may do, in JSON."
  type        = string
}

variable "start_policy" {
  description = "What starting it needs, in JSON."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts the log; null: CloudWatch's own."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long the log is kept."
  type        = number
  default     = 30
}
