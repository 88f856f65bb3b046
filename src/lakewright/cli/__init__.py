"""The command line: one file per command, imported when it is called."""

from __future__ import annotations

from lakewright.cli.registry import Root


def main() -> None:
    """Entry point of the `lakewright` program."""
    Root().main()


__all__ = ["main"]
