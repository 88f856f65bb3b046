"""Cluster policies, clusters, instance profiles and init scripts."""
