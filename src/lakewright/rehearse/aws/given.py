"""What a rehearsal puts into an account as if it had always been there."""

GIVEN = "aws:lakewright:given"
"""Key of the tag that says so. Clients cannot set tags that begin with `aws:`."""
