"""Containers on Fargate: a cluster on spare capacity, task sizes, services that may stand at zero."""
