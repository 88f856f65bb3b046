variable "name" {
  description = "Beginning of the names of roles, jobs, crawlers and the workflow."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.name))
    error_message = "name has lower-case letters, digits and hyphens; 40 characters at most."
  }
}

variable "databases" {
  description = "Databases of the catalog by layer: name, location (s3://…) and description."
  type = map(object({
    name        = string
    location    = string
    description = string
  }))

  validation {
    condition     = alltrue([for database in values(var.databases) : can(regex("^[a-z0-9_]{1,255}$", database.name))])
    error_message = "Athena takes database names of lower-case letters, digits and underscores only."
  }
}

variable "lake_administrators" {
  description = "Administrators of Lake Formation where it governs, null where it does not. Its settings have to be in force before databases are made: older ones are open to every IAM principal."
  type        = list(string)
  default     = null
}

variable "tables" {
  description = "Delta tables that are in the catalog before a job has written them, so that permissions and row filters can be about them. From then on the crawlers keep their columns."
  type = map(object({
    database    = string
    name        = string
    location    = string
    description = string
    columns     = list(object({ name = string, type = string, comment = string }))
  }))
  default = {}
}

variable "crawlers" {
  description = "Crawlers by name: database (a key of `databases`), schedule (cron, UTC; null: only the workflow starts it) and either `path` (folders of files, tables `table_level` folders deep, their names behind `table_prefix`) or `delta_tables`."
  type = map(object({
    description  = string
    database     = string
    schedule     = optional(string)
    path         = optional(string)
    table_prefix = optional(string)
    exclusions   = optional(list(string), [])
    table_level  = optional(number)
    delta_tables = optional(list(string), [])
  }))
  default = {}

  validation {
    condition = alltrue([
      for crawler in values(var.crawlers) : (crawler.path == null) != (length(crawler.delta_tables) == 0)
    ])
    error_message = "A crawler has a path or delta_tables: files are crawled with the S3 target, Delta tables with the Delta target."
  }

  validation {
    condition     = alltrue([for crawler in values(var.crawlers) : crawler.schedule == null || can(regex("^cron\\(.*\\)$", crawler.schedule))])
    error_message = "A schedule is cron(minutes hours day-of-month month day-of-week year)."
  }
}

variable "crawler_policy" {
  description = "IAM policy of the crawlers' role, in JSON: what they read, and what they change in the catalog."
  type        = string
}

variable "jobs" {
  description = "Jobs by key. `name` is the job's and its role's; `policy` what that role may do, in JSON; `arguments` are added to those that all jobs have. `entry`, `workers`, `timeout`, `notify_after` and `retries` instead of the common ones."
  type = map(object({
    name         = string
    description  = string
    arguments    = map(string)
    policy       = string
    entry        = optional(string)
    workers      = optional(number)
    timeout      = optional(number)
    notify_after = optional(number)
    retries      = optional(number)
  }))
  default = {}

  validation {
    condition     = alltrue([for job in values(var.jobs) : can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", job.name))])
    error_message = "A job's name is also its role's: 64 characters at most."
  }
}

variable "job_settings" {
  description = "What all jobs have in common: Glue's version, size (`workers` is the most that auto scaling takes), time limit in minutes, retries."
  type = object({
    glue_version       = optional(string, "5.0")
    worker_type        = optional(string, "G.1X")
    workers            = optional(number, 5)
    timeout            = optional(number, 60)
    retries            = optional(number, 1)
    notify_after       = optional(number, 45)
    log_retention_days = optional(number, 30)
  })
  default = {}

  validation {
    condition     = tonumber(split(".", var.job_settings.glue_version)[0]) >= 5
    error_message = "Use Glue 5.0 or newer: older ones carry a Python and table formats that the package does not run on."
  }

  validation {
    condition     = contains(["G.1X", "G.2X", "G.4X", "G.8X"], var.job_settings.worker_type)
    error_message = "worker_type is G.1X, G.2X, G.4X or G.8X."
  }

  validation {
    condition     = var.job_settings.workers >= 2 && var.job_settings.workers <= 299
    error_message = "Glue takes 2 to 299 workers."
  }

  validation {
    condition     = var.job_settings.notify_after < var.job_settings.timeout
    error_message = "notify_after (minutes) must come before the timeout."
  }
}

variable "common_arguments" {
  description = "Default arguments of every job."
  type        = map(string)
  default     = {}
}

variable "scripts" {
  description = "Where scripts lie: bucket and folder."
  type = object({
    bucket = string
    folder = string
    entry  = string
  })
}

variable "uploads" {
  description = "What is uploaded below the scripts' folder: key → local file."
  type        = map(string)
  default     = {}
}

variable "triggers" {
  description = "Triggers of the workflow by name: a schedule (cron, UTC), or jobs that must have succeeded; then the jobs and crawlers that start. Neither: the workflow is started by hand."
  type = map(object({
    schedule       = optional(string)
    after          = optional(list(string), [])
    start_jobs     = optional(list(string), [])
    start_crawlers = optional(list(string), [])
  }))
  default = {}
}

variable "schedules_enabled" {
  description = "Whether schedules are in force; false pauses the environment."
  type        = bool
  default     = true
}

variable "rulesets" {
  description = "Data quality rules by name: the table (a key of `tables`) and the rules in DQDL."
  type = map(object({
    table       = string
    description = string
    rules       = string
  }))
  default = {}
}

variable "connection" {
  description = "VPC, subnet and zone for jobs that run within the network; null: jobs run outside of it."
  type = object({
    vpc_id            = string
    subnet_id         = string
    availability_zone = string
  })
  default = null
}

variable "workflow_description" {
  description = "What the workflow does."
  type        = string
  default     = "Bronze to Silver to Gold, then the catalog"
}

variable "kms_key_arn" {
  description = "KMS key for results, bookmarks and logs of jobs; null: encrypted with S3's own keys."
  type        = string
  default     = null
}
