variable "name" {
  description = "Name of the network and beginning of the names of what is in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,49}$", var.name)) && !startswith(var.name, "sg-")
    error_message = "A name has 1 to 50 lower-case letters, digits and hyphens, and does not begin with sg-."
  }
}

variable "account" {
  description = "Account of the network."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "An account has twelve digits."
  }
}

variable "region" {
  description = "Region of the network."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(cidrsubnet(var.cidr, 0, 0) == var.cidr, false)
    error_message = "The network's addresses are an aligned IPv4 CIDR, such as 10.0.0.0/16."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 28, false)
    error_message = "A VPC has a prefix of /16 to /28."
  }
}

variable "subnets" {
  description = "The subnets, by name. Public ones have a route to the internet."

  type = map(object({
    cidr   = string
    zone   = string
    tier   = string
    public = optional(bool, false)
  }))

  validation {
    condition     = alltrue([for subnet in var.subnets : try(cidrsubnet(subnet.cidr, 0, 0) == subnet.cidr, false)])
    error_message = "A subnet's addresses are not an aligned IPv4 CIDR."
  }

  validation {
    condition     = alltrue([for subnet in var.subnets : try(tonumber(split("/", subnet.cidr)[1]) >= 16 && tonumber(split("/", subnet.cidr)[1]) <= 28, false)])
    error_message = "A subnet has a prefix of /16 to /28."
  }

  validation {
    condition     = alltrue([for subnet in var.subnets : can(regex("^${var.region}[a-z]$", subnet.zone))])
    error_message = "A subnet lies in a zone of another region."
  }

  validation {
    condition     = alltrue([for subnet in var.subnets : try(cidrsubnet("${split("/", subnet.cidr)[0]}/${split("/", var.cidr)[1]}", 0, 0) == var.cidr, false)])
    error_message = "A subnet lies outside of the network's addresses."
  }

  validation {
    condition     = length(distinct([for subnet in var.subnets : subnet.cidr])) == length(var.subnets)
    error_message = "Two subnets have the same addresses."
  }
}

variable "nat" {
  description = "NAT gateways for the private subnets: none, one for all zones, or one per_zone."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "NAT is none, one or per_zone."
  }

  validation {
    condition     = var.nat == "none" || length(setsubtract([for subnet in var.subnets : subnet.zone if !subnet.public], [for subnet in var.subnets : subnet.zone if subnet.public])) == 0
    error_message = "A NAT gateway lies in a public subnet of the same zone: every private subnet's zone needs one."
  }
}

variable "gateway_endpoints" {
  description = "Services reached through the route tables, free of charge: s3, dynamodb."
  type        = set(string)
  default     = ["s3"]

  validation {
    condition     = length(setsubtract(var.gateway_endpoints, ["s3", "dynamodb"])) == 0
    error_message = "Only s3 and dynamodb have gateway endpoints."
  }
}

variable "interface_endpoints" {
  description = "Services reached through addresses in the private subnets, such as glue, kms or ecr.api."
  type        = set(string)
  default     = []
}

variable "endpoint_zones" {
  description = "Zones in which interface endpoints have an address. Machines of other zones reach them there."
  type        = set(string)
  default     = []

  validation {
    condition     = length(var.interface_endpoints) == 0 || length(var.endpoint_zones) > 0
    error_message = "Interface endpoints need a zone at least."
  }

  validation {
    condition     = length(setsubtract(var.endpoint_zones, [for subnet in var.subnets : subnet.zone if !subnet.public])) == 0
    error_message = "Interface endpoints lie in private subnets, and a zone has none."
  }
}

variable "endpoint_policies" {
  description = "Policies of endpoints as JSON, by service; others permit what IAM permits."
  type        = map(string)
  default     = {}
}

variable "security_groups" {
  description = <<-EOT
    Security groups, by name. A rule names the other side in one of three ways: `cidr` (`vpc` is the network's own),
    `group` (another one of these groups) or `endpoint` (a gateway endpoint, by its prefix list). Protocol -1 is
    everything, without ports.
  EOT

  type = map(object({
    description = string

    ingress = optional(map(object({
      description = string
      protocol    = optional(string, "tcp")
      from_port   = optional(number)
      to_port     = optional(number)
      cidr        = optional(string)
      group       = optional(string)
      endpoint    = optional(string)
    })), {})

    egress = optional(map(object({
      description = string
      protocol    = optional(string, "tcp")
      from_port   = optional(number)
      to_port     = optional(number)
      cidr        = optional(string)
      group       = optional(string)
      endpoint    = optional(string)
    })), {})
  }))

  default = {}

  validation {
    condition     = !contains(keys(var.security_groups), "endpoints")
    error_message = "The group endpoints is made for the interface endpoints."
  }

  validation {
    condition     = alltrue(flatten([for group in var.security_groups : [for text in concat([group.description], values(group.ingress)[*].description, values(group.egress)[*].description) : can(regex("^[A-Za-z0-9 ._:/()#,@+=&;{}!$*\\[\\]-]{1,255}$", text))]]))
    error_message = "Every group and rule has a description of 1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*"
  }

  validation {
    condition     = alltrue(flatten([for group in var.security_groups : [for rule in concat(values(group.ingress), values(group.egress)) : length(compact([rule.cidr, rule.group, rule.endpoint])) == 1]]))
    error_message = "A rule names its other side by exactly one of cidr, group and endpoint."
  }

  validation {
    condition     = alltrue(flatten([for group in var.security_groups : [for rule in concat(values(group.ingress), values(group.egress)) : rule.protocol == "-1" ? rule.from_port == null && rule.to_port == null : try(rule.from_port <= rule.to_port && rule.from_port >= 0 && rule.to_port <= 65535, false)]]))
    error_message = "A rule has ports from 0 to 65535, the lower first; protocol -1 has none."
  }
}

variable "network_acls" {
  description = "Network ACLs of the public and of the private subnets: rules by number; the cidr `vpc` is the network's own."

  type = map(object({
    ingress = map(object({
      action    = optional(string, "allow")
      protocol  = optional(string, "tcp")
      cidr      = string
      from_port = optional(number, 0)
      to_port   = optional(number, 0)
    }))

    egress = map(object({
      action    = optional(string, "allow")
      protocol  = optional(string, "tcp")
      cidr      = string
      from_port = optional(number, 0)
      to_port   = optional(number, 0)
    }))
  }))

  default = {}

  validation {
    condition     = length(setsubtract(keys(var.network_acls), ["public", "private"])) == 0
    error_message = "There are ACLs for the public and for the private subnets."
  }

  validation {
    condition     = alltrue(flatten([for acl in var.network_acls : [for number in concat(keys(acl.ingress), keys(acl.egress)) : try(tonumber(number) >= 1 && tonumber(number) <= 32766, false)]]))
    error_message = "Rules have numbers from 1 to 32766."
  }
}

variable "flow_logs" {
  description = "Where a record of all connections goes: cloudwatch, s3 or none."
  type        = string
  default     = "cloudwatch"

  validation {
    condition     = contains(["cloudwatch", "s3", "none"], var.flow_logs)
    error_message = "Flow logs go to cloudwatch, s3 or none."
  }
}

variable "flow_log_retention_in_days" {
  description = "Days that CloudWatch Logs keeps flow logs."
  type        = number
  default     = 30
}

variable "flow_log_bucket_arn" {
  description = "ARN of the bucket for flow logs; below vpc/."
  type        = string
  default     = null

  validation {
    condition     = var.flow_logs != "s3" || var.flow_log_bucket_arn != null
    error_message = "Flow logs go to S3, and no bucket is given."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the flow logs' log group; null: CloudWatch's own encryption."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the role made here; null: none."
  type        = string
  default     = null
}

variable "vpn_sites" {
  description = "Networks outside of AWS that are reached by VPN: their public address, BGP number and addresses."

  type = map(object({
    address = string
    bgp_asn = optional(number, 65000)
    cidrs   = set(string)
  }))

  default = {}

  validation {
    condition     = alltrue([for site in var.vpn_sites : can(cidrnetmask("${site.address}/32"))])
    error_message = "A site's address is an IPv4 address."
  }

  validation {
    condition     = alltrue(flatten([for site in var.vpn_sites : [for cidr in site.cidrs : try(cidrsubnet(cidr, 0, 0) == cidr, false)]]))
    error_message = "A site's networks are aligned IPv4 CIDRs."
  }
}
