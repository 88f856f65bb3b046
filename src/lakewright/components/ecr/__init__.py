"""Container registries: scanned when pushed, cleaned up by age and number."""
