"""Data products as Databricks bundles: decided from the spec, checked against Databricks' schema."""
