variable "buckets" {
  description = "Buckets by purpose."
  type        = map(object({ name = string, policy = optional(string) }))
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
