variable "name" {
  description = "Name of the storage credential."
  type        = string
}

variable "role" {
  description = <<-EOT
    The role that Unity Catalog takes: its name, its ARN (known before it is made), who takes it and what it may, as JSON.
    EXTERNAL_ID in the trust policy stands for the id that the storage credential gives.
  EOT

  type = object({
    name         = string
    arn          = string
    trust_policy = string
    policy       = string
  })

  validation {
    condition     = strcontains(var.role.trust_policy, "EXTERNAL_ID")
    error_message = "The trust policy asks for no external id: any customer of Databricks could have the role taken."
  }
}

variable "locations" {
  description = "External locations, by name: a place in a bucket that is reached by the credential."

  type = map(object({
    url       = string
    comment   = optional(string)
    read_only = optional(bool, false)
    grants    = optional(map(set(string)), {})
  }))

  default = {}

  validation {
    condition     = alltrue([for one in var.locations : can(regex("^s3://[a-z0-9.-]+(/.*)?$", one.url))])
    error_message = "A location is an address such as s3://bucket/folder."
  }
}

variable "catalogs" {
  description = "Catalogs, by name: where managed tables lie (below one of the locations), and privileges by group or user."

  type = map(object({
    storage_root = string
    comment      = optional(string)
    isolated     = optional(bool, false)
    grants       = optional(map(set(string)), {})
  }))

  default = {}

  validation {
    condition     = length(setintersection(flatten([for one in var.catalogs : [for can in values(one.grants) : tolist(can)]]), ["USAGE", "CREATE"])) == 0
    error_message = "USAGE and CREATE are no privileges of Unity Catalog: USE_CATALOG, USE_SCHEMA, CREATE_TABLE."
  }
}

variable "schemas" {
  description = "Schemas, by catalog.schema, with privileges by group or user."

  type = map(object({
    catalog      = string
    name         = string
    comment      = optional(string)
    storage_root = optional(string)
    grants       = optional(map(set(string)), {})
  }))

  default = {}

  validation {
    condition     = alltrue([for one in var.schemas : contains(keys(var.catalogs), one.catalog)])
    error_message = "A schema lies in a catalog that is not declared."
  }

  validation {
    condition     = length(setintersection(flatten([for one in var.schemas : [for can in values(one.grants) : tolist(can)]]), ["USAGE", "CREATE"])) == 0
    error_message = "USAGE and CREATE are no privileges of Unity Catalog: USE_CATALOG, USE_SCHEMA, CREATE_TABLE."
  }
}

variable "volumes" {
  description = "Volumes, by catalog.schema.volume; those with a location are external."

  type = map(object({
    schema   = string
    name     = string
    location = optional(string)
    comment  = optional(string)
    grants   = optional(map(set(string)), {})
  }))

  default = {}

  validation {
    condition     = alltrue([for one in var.volumes : contains(keys(var.schemas), one.schema)])
    error_message = "A volume lies in a schema that is not declared."
  }
}

variable "bindings" {
  description = "Workspaces that see an isolated catalog: read only or not, by any key."

  type = map(object({
    catalog      = string
    workspace_id = number
    read_only    = optional(bool, false)
  }))

  default = {}
}

variable "force_destroy" {
  description = "Whether destroying a catalog or schema deletes what is in it."
  type        = bool
  default     = false
}
