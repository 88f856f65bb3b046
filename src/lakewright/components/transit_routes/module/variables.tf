variable "route_table_ids" {
  description = "The transit gateway's route tables: spokes and inspected."
  type        = map(string)

  validation {
    condition     = alltrue([for key in ["inspected", "spokes"] : contains(keys(var.route_table_ids), key)])
    error_message = "There are the tables inspected and spokes."
  }
}

variable "firewall_attachment_id" {
  description = "Attachment of the firewall's network."
  type        = string
}

variable "attachment_ids" {
  description = "Attachments of the shared networks, by the network's name."
  type        = map(string)
}

variable "internet" {
  description = "Network through which all others reach the internet; null: none, so nothing leaves."
  type        = string
  default     = null

  validation {
    condition     = var.internet == null || contains(keys(var.attachment_ids), coalesce(var.internet, "-"))
    error_message = "The network that leads to the internet is none of those attached."
  }
}
