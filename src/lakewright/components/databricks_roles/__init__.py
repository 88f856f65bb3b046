"""The roles that Databricks takes in an account."""
