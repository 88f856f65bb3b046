output "filters" {
  description = "Data cells filters: key → database, table and name."
  value = {
    for key, filter in var.filters : key => { database = filter.database, table = filter.table, name = filter.name }
  }
}
