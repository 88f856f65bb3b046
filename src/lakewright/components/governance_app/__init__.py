"""A governance application: Fargate behind TLS 1.3, with a name in the network's zone."""
