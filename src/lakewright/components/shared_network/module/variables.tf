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
    condition     = try(cidrsubnet(var.cidr, 0, 0) == var.cidr, false)
    error_message = "The network's addresses are an aligned IPv4 CIDR, such as 10.32.0.0/16."
  }
}

variable "other_networks" {
  description = "Addresses of the other networks, which a network that leads to the internet answers to."
  type        = set(string)
  default     = []
}

variable "gateway_id" {
  description = "The transit gateway that joins the networks."
  type        = string
}

variable "subnets" {
  description = <<-EOT
    Subnets, by name. Tiers: transit (one in each zone), endpoints, databases, apps, workload, and public where the
    network leads to the internet. Those that are `owned` are a workspace's; the others the network's.
  EOT

  type = map(object({
    cidr  = string
    zone  = string
    tier  = string
    owned = optional(bool, false)
    tags  = optional(map(string), {})
  }))

  validation {
    condition     = alltrue([for subnet in var.subnets : contains(["apps", "databases", "endpoints", "public", "transit", "workload"], subnet.tier)])
    error_message = "A tier is apps, databases, endpoints, public, transit or workload."
  }

  validation {
    condition     = alltrue([for subnet in var.subnets : try(cidrsubnet("${split("/", subnet.cidr)[0]}/${split("/", var.cidr)[1]}", 0, 0) == var.cidr, false)])
    error_message = "A subnet lies outside of the network's addresses."
  }

  validation {
    condition     = length(distinct([for subnet in var.subnets : subnet.cidr])) == length(var.subnets)
    error_message = "Two subnets have the same addresses."
  }

  validation {
    condition     = length([for subnet in var.subnets : subnet.zone if subnet.tier == "transit"]) == length(distinct([for subnet in var.subnets : subnet.zone if subnet.tier == "transit"]))
    error_message = "The transit gateway has one subnet in a zone."
  }

  validation {
    condition     = length(setsubtract([for subnet in var.subnets : subnet.zone], [for subnet in var.subnets : subnet.zone if subnet.tier == "transit"])) == 0
    error_message = "A zone has no subnet for the transit gateway: its machines would not be reached."
  }
}

variable "shares" {
  description = "What other accounts see: subnets and workspaces' security groups, by name of the share."

  type = map(object({
    account = string
    subnets = set(string)
    groups  = optional(set(string), [])
  }))

  default = {}

  validation {
    condition     = alltrue([for share in var.shares : can(regex("^[0-9]{12}$", share.account))])
    error_message = "An account has twelve digits."
  }
}

variable "workspaces" {
  description = "Workspaces, by name: what their clusters reach beside each other, AWS's services and the control plane."

  type = map(object({
    egress = optional(map(object({
      description = string
      cidr        = string
      from_port   = number
      to_port     = number
    })), {})
  }))

  default = {}

  validation {
    condition     = alltrue(flatten([for it in var.workspaces : [for rule in it.egress : rule.cidr != "0.0.0.0/0"]]))
    error_message = "A cluster's way out is to named addresses: 0.0.0.0/0 is not."
  }
}

variable "interface_endpoints" {
  description = "AWS services with an endpoint in the network, such as kms or sts."
  type        = set(string)
  default     = []
}

variable "s3_policy" {
  description = "Policy of the S3 endpoint as JSON; null: what IAM permits."
  type        = string
  default     = null
}

variable "private_link" {
  description = "Endpoints of Databricks' control plane: rest, relay, front_end → the name of the service in this region."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.private_link), ["rest", "relay", "front_end"])) == 0
    error_message = "Endpoints are rest, relay and front_end."
  }

  validation {
    condition     = alltrue([for service in var.private_link : startswith(service, "com.amazonaws.vpce.${var.region}.vpce-svc-")])
    error_message = "A service of PrivateLink belongs to the network's region."
  }
}

variable "private_link_ports" {
  description = "Ports of Databricks' control plane, by name."

  type = map(object({
    description = string
    from_port   = number
    to_port     = number
  }))

  default = {
    https   = { description = "REST API and web", from_port = 443, to_port = 443 }
    relay   = { description = "Secure cluster connectivity", from_port = 6666, to_port = 6666 }
    fips    = { description = "Secure cluster connectivity, FIPS", from_port = 2443, to_port = 2443 }
    control = { description = "Control plane, Unity Catalog and logs", from_port = 8443, to_port = 8451 }
  }
}

variable "zone" {
  description = "Domain of the network's private names; null: none."
  type        = string
  default     = null
}

variable "flow_log_retention_in_days" {
  description = "Days that CloudWatch Logs keeps the record of connections."
  type        = number
  default     = 90
}
