"""A network that one account owns and others' workspaces run in: subnets, endpoints, security groups, private names."""
