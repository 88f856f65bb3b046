variable "account" {
  description = "Account of the buckets: logs are taken only if they come from it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "An account has twelve digits."
  }
}

variable "buckets" {
  description = "The buckets, by the key that others refer to. Lifecycle rules by name; transitions are storage class => days."

  type = map(object({
    bucket              = string
    encryption          = optional(string, "kms")
    versioning          = optional(bool, true)
    access_logs         = optional(bool, true)
    events              = optional(bool, false)
    abort_uploads_after = optional(number, 7)
    policy              = optional(string)

    lifecycle = optional(map(object({
      prefix                  = optional(string, "")
      transitions             = optional(map(number), {})
      expire_after            = optional(number)
      noncurrent_transitions  = optional(map(number), {})
      expire_noncurrent_after = optional(number)
    })), {})
  }))

  validation {
    condition = alltrue([for bucket in var.buckets :
      can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", bucket.bucket))
      && !strcontains(bucket.bucket, "..")
      && !can(regex("^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$", bucket.bucket))
      && !anytrue([for prefix in ["xn--", "sthree-", "amzn-s3-demo-"] : startswith(bucket.bucket, prefix)])
      && !anytrue([for suffix in ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"] : endswith(bucket.bucket, suffix)])
    ])
    error_message = "S3 takes bucket names of 3 to 63 lower-case letters, digits, dots and hyphens, without its reserved beginnings and ends."
  }

  validation {
    condition     = length(distinct([for bucket in var.buckets : bucket.bucket])) == length(var.buckets)
    error_message = "Two buckets have the same name."
  }

  validation {
    condition     = alltrue([for bucket in var.buckets : contains(["kms", "s3"], bucket.encryption)])
    error_message = "The encryption of a bucket is kms or s3."
  }

  validation {
    condition = alltrue(flatten([for bucket in var.buckets : [for rule in bucket.lifecycle : [for class in keys(merge(rule.transitions, rule.noncurrent_transitions)) :
      contains(["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"], class)
    ]]]))
    error_message = "S3 moves objects to STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER and DEEP_ARCHIVE only."
  }

  validation {
    condition = alltrue(flatten([for bucket in var.buckets : [for rule in bucket.lifecycle : [for class in ["STANDARD_IA", "ONEZONE_IA"] : [
      lookup(rule.transitions, class, 30) >= 30,
      lookup(rule.noncurrent_transitions, class, 30) >= 30,
    ]]]]))
    error_message = "S3 moves objects to infrequent access after 30 days at the earliest."
  }

  validation {
    condition = alltrue(flatten([for bucket in var.buckets : [for rule in bucket.lifecycle : [for warm in ["STANDARD_IA", "ONEZONE_IA"] : [for cold in ["GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"] :
      lookup(rule.transitions, cold, 99999) >= lookup(rule.transitions, warm, 0) + (contains(keys(rule.transitions), warm) ? 30 : 0)
    ]]]]))
    error_message = "Objects stay in infrequent access for at least 30 days before they move to an archive."
  }

  validation {
    condition = alltrue(flatten([for bucket in var.buckets : [for rule in bucket.lifecycle :
      rule.expire_after == null ? true : rule.expire_after > max(0, values(rule.transitions)...)
    ]]))
    error_message = "Objects expire later than they move to another storage class."
  }

  validation {
    condition = alltrue(flatten([for bucket in var.buckets : [for rule in bucket.lifecycle :
      length(rule.transitions) + length(rule.noncurrent_transitions) > 0 || rule.expire_after != null || rule.expire_noncurrent_after != null
    ]]))
    error_message = "A lifecycle rule does something: it moves or expires."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key for buckets whose encryption is kms."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn != null || !anytrue([for bucket in var.buckets : bucket.encryption == "kms"])
    error_message = "A bucket is encrypted with KMS, and no key is given."
  }
}

variable "log_bucket" {
  description = "Key of the bucket that gets the access logs of all others; null: no access logs."
  type        = string
  default     = null

  validation {
    condition     = var.log_bucket == null ? true : try(var.buckets[var.log_bucket].encryption, "") == "s3"
    error_message = "The log bucket is one of the buckets, and S3 can only deliver access logs into one with encryption s3."
  }
}

variable "force_destroy" {
  description = "Whether destroying a bucket deletes what is in it."
  type        = bool
  default     = false
}
