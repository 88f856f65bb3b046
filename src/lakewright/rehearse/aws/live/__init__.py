"""Services of the local AWS that really run: DMS, Glue, alarms, schedules, the ingester's service."""
