"""Bronze: every row that ever came from a source, in order. Layout, manifest, and SQL that reads it."""
