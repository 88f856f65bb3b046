"""A Terraform provider that stands in for `databricks/databricks` in rehearsals, over the local Databricks' API."""
