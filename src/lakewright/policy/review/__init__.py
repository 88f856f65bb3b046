"""What is wrong with the statements of a policy although IAM would take it."""
