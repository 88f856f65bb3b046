"""Audit logs and billable usage of Databricks, delivered into a bucket."""
