variable "buckets" {
  description = "Buckets by purpose."
  type        = map(object({ bucket = string, policy = optional(string) }))
}

variable "keep_days" {
  description = "Days until objects go."
  type        = number
  default     = 30
}

variable "vpc_id" {
  description = "VPC from which the buckets may be read."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "Subnets from which they may be read."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether buckets go with what is in them."
  type        = bool
  default     = false
}

variable "schedule" {
  description = "When something happens."
  type        = string
  default     = null
}
