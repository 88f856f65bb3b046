"""Replication by Lakewright itself: its ingester as a Fargate service."""
