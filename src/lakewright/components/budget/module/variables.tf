variable "name" {
  description = "Name of the budget and the beginning of the monitor's."
  type        = string
}

variable "monthly" {
  description = "What a month may cost, in US dollars."
  type        = number

  validation {
    condition     = var.monthly > 0
    error_message = "monthly is more than nothing."
  }
}

variable "daily" {
  description = "What a day may cost, in US dollars; null: no daily budget."
  type        = number
  default     = null
}

variable "tag_filter" {
  description = "Only costs of resources with this tag and value; null: all of the account. The tag must be activated for cost allocation."
  type        = object({ key = string, value = string })
  default     = null
}

variable "notifications" {
  description = "When the month's budget is told of: percent of it, spent (ACTUAL) or expected (FORECASTED)."
  type        = list(object({ percent = number, kind = string }))
  default = [
    { percent = 80, kind = "ACTUAL" },
    { percent = 100, kind = "ACTUAL" },
    { percent = 100, kind = "FORECASTED" },
  ]

  validation {
    condition     = length(var.notifications) <= 5 && alltrue([for one in var.notifications : contains(["ACTUAL", "FORECASTED"], one.kind)])
    error_message = "At most five notifications, each ACTUAL or FORECASTED."
  }
}

variable "emails" {
  description = "Addresses that are told."
  type        = list(string)
  default     = []
}

variable "topic_arns" {
  description = "Topics that are told."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.topic_arns) <= 1
    error_message = "A budget's notification has one topic."
  }
}

variable "anomaly" {
  description = "Whether unusual costs are looked for, and from which impact (US dollars) they are told of. An account has one monitor over services: null where it exists."
  type        = object({ least = number })
  default     = null
}
