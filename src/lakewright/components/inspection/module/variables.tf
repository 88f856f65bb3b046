variable "name" {
  description = "Name of the firewall, its network and its policy."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,49}$", var.name)) && !startswith(var.name, "sg-")
    error_message = "A name has 1 to 50 lower-case letters, digits and hyphens, and does not begin with sg-."
  }
}

variable "cidr" {
  description = "Addresses of the firewall's network."
  type        = string

  validation {
    condition     = try(cidrsubnet(var.cidr, 0, 0) == var.cidr, false)
    error_message = "The network's addresses are an aligned IPv4 CIDR, such as 10.38.0.0/24."
  }
}

variable "subnets" {
  description = "Subnets by name; in each zone one for the transit gateway and one for the firewall (at least /28)."

  type = map(object({
    cidr = string
    zone = string
    kind = string
  }))

  validation {
    condition     = alltrue([for subnet in var.subnets : contains(["firewall", "transit"], subnet.kind)])
    error_message = "A subnet is of the kind firewall or transit."
  }

  validation {
    condition     = length(setsubtract([for subnet in var.subnets : subnet.zone if subnet.kind == "transit"], [for subnet in var.subnets : subnet.zone if subnet.kind == "firewall"])) == 0
    error_message = "A zone that the transit gateway comes into has no subnet for the firewall: traffic would leave its zone."
  }

  validation {
    condition     = length([for subnet in var.subnets : subnet.zone if subnet.kind == "firewall"]) == length(distinct([for subnet in var.subnets : subnet.zone if subnet.kind == "firewall"]))
    error_message = "A firewall has one subnet in a zone."
  }
}

variable "gateway_id" {
  description = "The transit gateway that the firewall's network is attached to."
  type        = string
}

variable "home_networks" {
  description = "Addresses of the networks behind the firewall."
  type        = set(string)
}

variable "rule_groups" {
  description = "Rules that let traffic pass, in Suricata's language, by name. Lower priorities are looked at first."

  type = map(object({
    description = string
    priority    = number
    capacity    = optional(number, 100)
    rules       = string
  }))

  validation {
    condition     = length(distinct([for group in var.rule_groups : group.priority])) == length(var.rule_groups)
    error_message = "Two groups of rules have the same priority."
  }

  validation {
    condition     = alltrue([for group in var.rule_groups : group.priority >= 1 && group.priority <= 65535])
    error_message = "A priority is 1 to 65535."
  }

  validation {
    condition     = sum(concat([0], [for group in var.rule_groups : group.capacity])) <= 30000
    error_message = "All groups of a policy together have a capacity of 30,000 at most."
  }
}

variable "protected" {
  description = "Whether the firewall, its subnets and its policy are protected against removal."
  type        = bool
  default     = true
}

variable "log_retention_in_days" {
  description = "Days that alerts and connections are kept."
  type        = number
  default     = 90
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the logs; null: CloudWatch's own encryption."
  type        = string
  default     = null
}
