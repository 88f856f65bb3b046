variable "bucket" {
  description = "Name of the bucket."
  type        = string
}
