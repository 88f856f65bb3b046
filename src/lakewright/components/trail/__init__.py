"""Who did what: CloudTrail, with every access to the lake's objects."""
