"""AWS Budgets and Cost Anomaly Detection."""
