"""Stand-ins that really run on this machine: PostgreSQL here; the local AWS and Databricks come beside it."""
