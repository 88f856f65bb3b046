"""The key that encrypts an environment's buckets, secrets and logs."""
