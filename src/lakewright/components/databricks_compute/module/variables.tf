variable "policies" {
  description = "Cluster policies, by name: their definition as JSON, and the groups that may use them."

  type = map(object({
    definition        = string
    description       = optional(string)
    clusters_per_user = optional(number)
    groups            = optional(set(string), [])
  }))

  default = {}

  validation {
    condition     = alltrue([for one in var.policies : can(jsondecode(one.definition))])
    error_message = "A policy's definition is JSON."
  }

  validation {
    condition     = alltrue([for one in var.policies : !strcontains(one.definition, "spot_bid_max_price")])
    error_message = "Spot bids are percentages of the price on demand: aws_attributes.spot_bid_price_percent."
  }
}

variable "warehouses" {
  description = "SQL warehouses, by name, and the groups that may use them."

  type = map(object({
    size      = string
    auto_stop = number
    most      = optional(number, 1)
    type      = optional(string, "PRO")
    spot      = optional(bool, true)
    groups    = optional(set(string), [])
  }))

  default = {}

  validation {
    condition     = alltrue([for one in var.warehouses : contains(["2X-Small", "X-Small", "Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large"], one.size)])
    error_message = "A warehouse's size goes from 2X-Small to 4X-Large."
  }

  validation {
    condition     = alltrue([for one in var.warehouses : one.auto_stop >= 10])
    error_message = "A warehouse that is not serverless stops after 10 minutes at the earliest; 0, never, is not taken here."
  }
}

variable "instance_profiles" {
  description = "ARNs of the instance profiles that clusters may have, by any key."
  type        = map(string)
  default     = {}
}

variable "init_scripts" {
  description = "Scripts that clusters run when they start: path in the workspace, and text."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for path in keys(var.init_scripts) : startswith(path, "/") && !startswith(path, "/Shared/")])
    error_message = "A script lies at a path that not everybody writes to: not below /Shared."
  }
}
