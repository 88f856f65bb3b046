variable "name" {
  description = "Beginning of the names of topics, alarms, filters, rules and dashboards."
  type        = string
}

variable "account" {
  description = "Account on whose behalf services may publish to the topics."
  type        = string
}

variable "topics" {
  description = "Topics by key, with the e-mail addresses that are told (each has to confirm)."
  type        = map(list(string))
  default     = { alerts = [] }
}

variable "kms_key_arn" {
  description = "Key that encrypts the topics. Its policy must let CloudWatch, EventBridge, Budgets and Cost Anomaly Detection use it: AWS's own key for SNS does not."
  type        = string
  default     = null
}

variable "metric_filters" {
  description = "Figures out of logs, by key: the log group, the pattern, and the metric with the value that each line gives it."
  type = map(object({
    log_group = string
    pattern   = string
    namespace = string
    metric    = string
    value     = string
    unit      = optional(string, "None")
    default   = optional(number)
  }))
  default = {}
}

variable "alarms" {
  description = "Alarms by key, each on one metric."
  type = map(object({
    description = string
    namespace   = string
    metric      = string
    dimensions  = optional(map(string), {})
    statistic   = optional(string, "Maximum")
    period      = optional(number, 60)
    periods     = optional(number, 5)
    of          = optional(number)
    threshold   = number
    comparison  = optional(string, "GreaterThanThreshold")
    missing     = optional(string, "notBreaching")
    topic       = optional(string, "alerts")
  }))
  default = {}

  validation {
    condition = alltrue([
      for alarm in values(var.alarms) : contains(["breaching", "ignore", "missing", "notBreaching"], alarm.missing)
    ])
    error_message = "missing is breaching, ignore, missing or notBreaching."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : contains([10, 20, 30], alarm.period) || alarm.period % 60 == 0])
    error_message = "A period is 10, 20, 30 or a multiple of 60 seconds."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : alarm.period * alarm.periods <= 86400 || alarm.period == 86400])
    error_message = "An alarm looks back one day at most (seven, with a period of a day)."
  }
}

variable "composites" {
  description = "Alarms over alarms, by key: in alarm when any of these (keys of `alarms`) is."
  type = map(object({
    description = string
    any_of      = list(string)
    topic       = optional(string, "alerts")
  }))
  default = {}
}

variable "events" {
  description = "Events that are told at once, by key: a description, the pattern in JSON, and the topic."
  type = map(object({
    description = string
    pattern     = string
    topic       = optional(string, "alerts")
  }))
  default = {}
}

variable "dashboards" {
  description = "Dashboards by key: their body in JSON."
  type        = map(string)
  default     = {}
}
