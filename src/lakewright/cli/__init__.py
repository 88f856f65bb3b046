"""The command line: one file per command, imported when it is called."""

from __future__ import annotations

import gc
import os

from lakewright.cli.registry import Root


def main() -> None:
    """Entry point of the `lakewright` program."""
    _start_lightly()
    try:
        Root().main()
    finally:
        gc.freeze()  # the interpreter's last collection has nothing to find: every command closes what it opened


def _start_lightly() -> None:
    """A third of a second of CPU is at stake for a command that imports much: the collector looks at half a million
    new objects again and again, numpy starts a thread that spins although nothing here multiplies matrices, and
    pydantic reads the metadata of every installed package in search of plugins.
    """
    gc.set_threshold(100_000, 20, 20)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")


__all__ = ["main"]
