variable "roles" {
  description = "Roles with their trust policies."
  type        = map(object({ name = string, trust_policy = string }))
}
