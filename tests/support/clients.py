"""AWS's own clients, in environments of their own: examples/clients/README.md says how they are made."""

from __future__ import annotations

import os

import pytest


def interpreter(variable: str) -> str:
    """The Python that a variable names. Skips the test, or fails it where LAKEWRIGHT_REQUIRE has `clients`."""
    found = os.environ.get(variable)
    if not found:
        missing = pytest.fail if "clients" in os.environ.get("LAKEWRIGHT_REQUIRE", "").split(",") else pytest.skip
        missing(f"MISSING ON THIS MACHINE: {variable} names no Python with the clients; see examples/clients/README.md")
    return found
