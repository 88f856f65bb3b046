"""IAM Identity Center: permission sets, groups, people, assignments."""
