variable "cidr" {
  description = "Address range, for example \"10.0.0.0/16\"."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0))
    error_message = "Must be a range such as 10.0.0.0/16, and not ${var.cidr}."
  }
}

variable "name" {
  description = "Name of the VPC."
  type        = string
}

variable "subnets" {
  description = "Subnets by name."
  type = map(object({
    cidr   = string # within the VPC's
    zone   = string
    public = optional(bool, false)
  }))
  default = {}
}

variable "tags" {
  description = "Further tags."
  type        = map(string)
  default     = {}
}

variable "id" {
  description = "A mark of its own."
  type        = string
  default     = null
}
