variable "principals" {
  description = "ARNs of roles by the name that grants call them."
  type        = map(string)
}

variable "databases" {
  description = "Names of databases by layer."
  type        = map(string)
}

variable "locations" {
  description = "ARNs of registered locations by layer."
  type        = map(string)
  default     = {}
}

variable "filters" {
  description = "Data cells filters by key: columns (a list) and rows (an expression; empty: all) of a table. The table has to be in the catalog."
  type = map(object({
    database = string
    table    = string
    name     = string
    columns  = list(string)
    rows     = optional(string, "")
  }))
  default = {}

  validation {
    condition     = alltrue([for filter in values(var.filters) : length(filter.rows) < 2048])
    error_message = "A row filter has fewer than 2048 characters."
  }

  validation {
    condition     = alltrue([for filter in values(var.filters) : length(filter.columns) > 0])
    error_message = "A filter without columns shows nothing: leave the grant out."
  }
}

variable "database_grants" {
  description = "What roles may do with databases."
  type = map(object({
    principal   = string
    database    = string
    permissions = list(string)
    grantable   = optional(list(string), [])
  }))
  default = {}
}

variable "table_grants" {
  description = "What roles may do with tables; without a table: with all tables of the database, those to come too."
  type = map(object({
    principal   = string
    database    = string
    table       = optional(string)
    permissions = list(string)
    grantable   = optional(list(string), [])
  }))
  default = {}
}

variable "filter_grants" {
  description = "Which roles may select through a filter (a key of `filters`)."
  type = map(object({
    principal = string
    filter    = string
    grantable = optional(bool, false)
  }))
  default = {}
}

variable "location_grants" {
  description = "Which roles may make tables in a location."
  type = map(object({
    principal = string
    location  = string
  }))
  default = {}
}

variable "tags" {
  description = "LF-Tags that there are: key → values."
  type        = map(list(string))
  default     = {}
}

variable "column_tags" {
  description = "LF-Tags of columns: `database.table.column` → tags. A column has one value of each key."
  type = map(object({
    database = string
    table    = string
    column   = string
    tags     = map(string)
  }))
  default = {}
}
