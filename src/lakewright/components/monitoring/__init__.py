"""Amazon CloudWatch and SNS: alarms, figures out of logs, dashboards, and who is told."""
