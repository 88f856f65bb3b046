"""The local Databricks: account, workspaces and Unity Catalog behind the public REST shapes, on loopback."""
