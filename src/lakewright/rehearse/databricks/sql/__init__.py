"""Warehouses, and statements that really run."""
