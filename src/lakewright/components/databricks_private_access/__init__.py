"""The endpoints by which Databricks is reached privately, and who is let in."""
