"""Secrets, each its own random value that no state file ever holds."""
