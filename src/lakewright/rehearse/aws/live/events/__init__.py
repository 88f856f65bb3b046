"""The local EventBridge: what happened meets rules, schedules fire, targets act."""
