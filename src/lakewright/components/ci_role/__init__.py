"""Roles of a delivery pipeline: tokens instead of keys, rights for what the platform is made of and no more."""
