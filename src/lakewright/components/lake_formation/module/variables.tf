variable "name" {
  description = "Beginning of the role's name."
  type        = string
}

variable "administrators" {
  description = "ARNs of the roles that administer the data lake: they grant, and read nothing by that alone."
  type        = list(string)

  validation {
    condition     = length(var.administrators) >= 1 && length(var.administrators) <= 29
    error_message = "Lake Formation has 1 to 30 administrators, and whoever applies this is one of them."
  }
}

variable "deployers" {
  description = "ARNs of the roles that apply this configuration; empty: whoever applies it first. They have to be administrators to grant anything."
  type        = list(string)
  default     = []
}

variable "locations" {
  description = "Buckets (or folders of them) that Lake Formation hands out data of: key → ARN."
  type        = map(string)
}

variable "data_access_policy" {
  description = "IAM policy of the role with which Lake Formation reads and writes these locations, in JSON."
  type        = string
}

variable "tags" {
  description = "LF-Tags: key → values."
  type        = map(list(string))
  default     = {}
}

variable "external_data_filtering" {
  description = "Whether engines outside of AWS may ask for filtered data."
  type        = bool
  default     = false
}
