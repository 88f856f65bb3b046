"""The buckets of a lake: any named set, each with its own lifecycle."""
