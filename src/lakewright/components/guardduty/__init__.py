"""GuardDuty in one account."""
