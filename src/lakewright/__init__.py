"""Lakewright: declare a lakehouse platform in one file, rehearse it here, ship it unchanged."""

__version__ = "0.1.0"
