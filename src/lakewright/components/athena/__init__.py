"""Amazon Athena: workgroups with their limits, saved queries, prepared statements."""
