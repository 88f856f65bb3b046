"""A private network over several zones, with endpoints instead of a NAT gateway."""
