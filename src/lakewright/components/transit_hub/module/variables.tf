variable "name" {
  description = "Name of the transit gateway and of its share."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,49}$", var.name))
    error_message = "A name has 1 to 50 lower-case letters, digits and hyphens."
  }
}

variable "description" {
  description = "What the gateway is for."
  type        = string
  default     = "Joins the shared networks through the firewall"
}

variable "asn" {
  description = "The gateway's private BGP number: 64512 to 65534."
  type        = number
  default     = 64512

  validation {
    condition     = var.asn >= 64512 && var.asn <= 65534
    error_message = "A private 16-bit BGP number is 64512 to 65534."
  }
}

variable "accounts" {
  description = "Accounts of the organization that may attach their networks."
  type        = set(string)

  validation {
    condition     = alltrue([for account in var.accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "An account has twelve digits."
  }
}
