"""The local DMS: deployed endpoints, tasks and serverless replications, run by `ingest.dms`."""
