terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

variable "name" {
  type        = string
  description = "Name of the log group."
}

variable "days" {
  type        = number
  description = "Days that logs are kept."
  default     = 30
}

resource "aws_cloudwatch_log_group" "this" {
  name              = var.name
  retention_in_days = var.days
}

output "name" {
  description = "The log group."
  value       = aws_cloudwatch_log_group.this.name
}
