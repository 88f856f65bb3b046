"""The Databricks account: groups, people, service principals, the region's metastore."""
