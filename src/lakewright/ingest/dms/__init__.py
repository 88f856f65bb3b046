"""AWS DMS's own way of replicating PostgreSQL to S3: its types, files, settings, and what it loses."""
