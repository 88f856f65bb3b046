"""AWS DMS: PostgreSQL replicated into Bronze."""
