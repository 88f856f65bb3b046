variable "name" {
  description = "Name of the machine and its security group."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9 ._-]{0,254}$", var.name)) && !startswith(lower(var.name), "sg-")
    error_message = "A name has 1 to 255 letters, digits, spaces and ._- characters and does not begin with sg-."
  }
}

variable "role_name" {
  description = "Name of the machine's role and instance profile."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.role_name))
    error_message = "A role's name has 1 to 64 letters, digits and +=,.@_- characters."
  }
}

variable "policy" {
  description = "JSON policy of what the machine may do besides Session Manager; null for nothing."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "Boundary of the role; null for none."
  type        = string
  default     = null
}

variable "vpc_id" {
  description = "VPC of the machine."
  type        = string
}

variable "subnet_id" {
  description = "Subnet of the machine: a private one with endpoints for Session Manager, or one with a NAT."
  type        = string
}

variable "security_group_ids" {
  description = "Further security groups of the machine."
  type        = list(string)
  default     = []
}

variable "instance_type" {
  description = "Size of the machine."
  type        = string
  default     = "t3.small"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.([0-9]*xlarge|nano|micro|small|medium|large|metal(-[0-9]+xl)?)$", var.instance_type))
    error_message = "An instance type is a family and a size, such as t3.small."
  }
}

variable "ami_parameter" {
  description = "Public SSM parameter that names the image."
  type        = string
  default     = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

variable "ami_id" {
  description = "An image of this region, instead of the parameter's."
  type        = string
  default     = null

  validation {
    condition     = var.ami_id == null || can(regex("^ami-([0-9a-f]{8}|[0-9a-f]{17})$", var.ami_id))
    error_message = "An image id is ami- and 8 or 17 hexadecimal digits."
  }
}

variable "user_data" {
  description = "Script that the machine runs when it first starts; a change replaces the machine. No secrets: it can be read from the machine and by describe calls."
  type        = string
  default     = null

  validation {
    condition     = var.user_data == null || length(coalesce(var.user_data, "-")) <= 16384
    error_message = "User data has at most 16 KiB."
  }
}

variable "disk_gb" {
  description = "Size of the encrypted gp3 root disk."
  type        = number
  default     = 20

  validation {
    condition     = var.disk_gb >= 8 && var.disk_gb <= 16384
    error_message = "A gp3 root disk has 8 to 16384 GiB."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the disk; null for AWS's own EBS key."
  type        = string
  default     = null
}

variable "key_name" {
  description = "Key pair for SSH; null, and Session Manager is the only way in."
  type        = string
  default     = null
}

variable "public_address" {
  description = "Whether the machine has a public address."
  type        = bool
  default     = false
}

variable "detailed_monitoring" {
  description = "Metrics every minute instead of every five; they cost extra."
  type        = bool
  default     = false
}

variable "protected" {
  description = "Whether the machine is protected against termination."
  type        = bool
  default     = false
}

variable "ingress" {
  description = "TCP ports that others may reach, by name: from addresses or from a security group, each with the reason."
  type = map(object({
    port              = number
    description       = string
    cidr              = optional(string)
    security_group_id = optional(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for rule in values(var.ingress) : (rule.cidr == null) != (rule.security_group_id == null)])
    error_message = "A rule names either addresses or a security group."
  }

  validation {
    condition     = alltrue([for rule in values(var.ingress) : rule.cidr != "0.0.0.0/0" || !contains([22, 3389], rule.port)])
    error_message = "SSH and RDP are not opened to the whole internet: use Session Manager."
  }
}

variable "egress" {
  description = "TCP ports that the machine may reach, by name, each with the reason."
  type = map(object({
    port        = number
    description = string
    cidr        = string
  }))
  default = {
    https = {
      port        = 443
      description = "HTTPS, to AWS endpoints and package mirrors"
      cidr        = "0.0.0.0/0"
    }
  }
}

variable "volume_tags" {
  description = "Tags of the machine's disk; the provider's default tags do not reach it."
  type        = map(string)
  default     = {}
}
