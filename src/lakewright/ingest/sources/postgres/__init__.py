"""PostgreSQL: what tables there are, reading them in a snapshot, and decoding the stream of their changes."""
