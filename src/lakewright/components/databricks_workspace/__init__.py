"""A Databricks workspace in a network of one's own."""
