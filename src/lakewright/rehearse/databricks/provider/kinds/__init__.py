"""The resource types that are played: their rules, and what each asks of the API."""
