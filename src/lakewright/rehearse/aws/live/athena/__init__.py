"""The local Athena over what was deployed: Glue's catalog, Lake Formation's permissions, the buckets' files."""
