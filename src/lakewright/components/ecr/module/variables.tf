variable "repositories" {
  description = "Repositories by a short key: full name, JSON of the lifecycle policy that cleans up, and whether a tag may be moved to another image."
  type = map(object({
    name             = string
    lifecycle_policy = string
    mutable          = optional(bool, false)
  }))

  validation {
    condition = alltrue([
      for repository in values(var.repositories) :
      can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", repository.name)) && length(repository.name) >= 2 && length(repository.name) <= 256
    ])
    error_message = "A repository's name has 2 to 256 lower-case letters and digits, separated by single . _ - or /."
  }

  validation {
    condition     = alltrue([for repository in values(var.repositories) : can(jsondecode(repository.lifecycle_policy).rules)])
    error_message = "A lifecycle policy is a JSON document with `rules`."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts images; null for a key that AWS owns. It cannot be changed later without a new repository."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "The key is named by its ARN."
  }
}

variable "force_delete" {
  description = "Whether a repository that still holds images may be destroyed."
  type        = bool
  default     = false
}
