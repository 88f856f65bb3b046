"""Tables of files in one account that other accounts' Athena reads: Glue's catalog, and who may look into it."""
