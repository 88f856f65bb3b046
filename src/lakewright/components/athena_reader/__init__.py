"""Athena over another account's tables: a workgroup, the other account's catalog, the role that reads both."""
