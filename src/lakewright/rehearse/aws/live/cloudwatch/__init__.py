"""The local CloudWatch: figures, alarms that change state, filters of logs, and the inbox that actions end in."""
