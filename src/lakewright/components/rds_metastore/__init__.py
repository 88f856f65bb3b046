"""PostgreSQL as a Hive metastore for workspaces that keep one."""
