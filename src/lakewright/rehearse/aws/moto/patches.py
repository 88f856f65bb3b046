"""What moto lacks or gets wrong, added before it serves: one module per service, each with `install()`."""

from __future__ import annotations

import importlib

SERVICES: tuple[str, ...] = ()
"""Modules of this folder. They touch moto's internals: moto's version is pinned."""


def install() -> None:
    """Adds everything."""
    for name in SERVICES:
        importlib.import_module(f"lakewright.rehearse.aws.moto.{name}").install()
