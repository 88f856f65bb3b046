"""AWS Glue: catalog, crawlers, and the jobs that run models."""
