"""A local AWS on one loopback port: Athena, S3, STS and the Glue catalog, signed requests only."""
