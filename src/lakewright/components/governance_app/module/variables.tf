variable "name" {
  description = "Name of the cluster, the service and the roles."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,49}$", var.name)) && !startswith(var.name, "sg-")
    error_message = "A name has 1 to 50 lower-case letters, digits and hyphens, and does not begin with sg-."
  }
}

variable "load_balancer_name" {
  description = "Name of the load balancer: 32 characters at most."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", var.load_balancer_name)) && !startswith(var.load_balancer_name, "internal-")
    error_message = "A load balancer's name has 1 to 32 letters, digits and hyphens, none at its ends, and does not begin with internal-."
  }
}

variable "account" {
  description = "Account that it runs in."
  type        = string
}

variable "region" {
  description = "Region that it runs in."
  type        = string
}

variable "vpc_id" {
  description = "The shared network."
  type        = string
}

variable "network_cidr" {
  description = "Addresses of the network, where its endpoints are."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets for applications, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A load balancer wants subnets in two availability zones at least."
  }
}

variable "security_group_ids" {
  description = "Further security groups of the tasks, such as a database's clients."
  type        = list(string)
  default     = []
}

variable "client_cidrs" {
  description = "Addresses from which people reach it."
  type        = set(string)

  validation {
    condition     = !contains(var.client_cidrs, "0.0.0.0/0")
    error_message = "People reach it from named addresses."
  }
}

variable "task" {
  description = "The container: its image, size, port, environment, and secrets (variable → ARN, or ARN:key::)."

  type = object({
    image       = string
    cpu         = optional(number, 512)
    memory      = optional(number, 1024)
    port        = optional(number, 8080)
    health_path = optional(string, "/")
    environment = optional(map(string), {})
    secrets     = optional(map(string), {})
  })
}

variable "desired_count" {
  description = "How many tasks run."
  type        = number
  default     = 2
}

variable "policies" {
  description = "What starting the tasks (start) and the tasks themselves (task) may do, as JSON."
  type        = map(string)

  validation {
    condition     = length(setsubtract(keys(var.policies), ["start", "task"])) == 0
    error_message = "Policies are start and task."
  }
}

variable "certificate_arn" {
  description = "Certificate of its host name."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "A certificate is named by an ARN of ACM."
  }
}

variable "zone_id" {
  description = "The zone of private names, in the network's account."
  type        = string
}

variable "host" {
  description = "Its host name in that zone."
  type        = string
}

variable "protected" {
  description = "Whether the load balancer is protected against deletion."
  type        = bool
  default     = true
}

variable "log_retention_in_days" {
  description = "Days that its log is kept."
  type        = number
  default     = 90
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the log; null: CloudWatch's own encryption."
  type        = string
  default     = null
}
