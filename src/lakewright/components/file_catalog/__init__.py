"""Glue for a lake of files: databases, crawlers of folders, jobs with scripts of their own, a workflow."""
