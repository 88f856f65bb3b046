"""Who may do what in the local AWS: requests become IAM actions, IAM's state in moto becomes policies."""
