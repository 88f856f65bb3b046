"""What tables remembered when they were last looked at, so that a plan opens only those that changed since."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lakewright.pipeline.inputs import Mark
from lakewright.pipeline.state import TableState, read_state
from lakewright.tables import Column, Table


class KnownStates:
    """States by table, kept in one file that may be lost. Only a plan may use them: a run reads the tables."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[str, Any] = _read(file)
        self._fresh = False

    def of(self, table: Table, inputs: Collection[str]) -> TableState | None:
        """The state of a table, as `read_state` gives it."""
        name = table.storage.location(table.path)
        known = self._known.get(name)
        if known is not None and known["inputs"] == sorted(inputs) and table.is_newest(known["state"]["version"]):
            return _from_json(known["state"])
        state = read_state(table, inputs)
        if state is not None:
            self._known[name] = {"inputs": sorted(inputs), "state": asdict(state)}
            self._fresh = True
        return state

    def save(self) -> None:
        if self._file is None or not self._fresh:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(self._known), encoding="utf-8")
        draft.replace(self._file)


def _read(file: Path | None) -> dict[str, Any]:
    if file is None or not file.exists():
        return {}
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except ValueError:
        return {}


def _from_json(state: dict[str, Any]) -> TableState:
    return TableState(
        state["version"],
        state["fingerprint"],
        tuple(Column(**column) for column in state["columns"]),
        tuple(state["partition_by"]),
        {name: Mark(**mark) for name, mark in state["marks"].items()},
        state["identity"],
    )
