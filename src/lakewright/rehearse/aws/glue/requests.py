"""The shape of Glue's requests, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakewright.rehearse.aws.faults import Fault

_LOWER = ("DatabaseName", "TableName", "Name")
_INPUTS = ("DatabaseInput", "TableInput")


def check(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request with names in lower case, as Glue keeps them. Raises Fault for members of the wrong kind."""
    found = {**body}
    for key in _LOWER:
        if key in found:
            found[key] = _text(found[key], key)
    for key in _INPUTS:
        if key in found:
            inner = _mapping(found[key], key)
            found[key] = {**inner, "Name": _text(inner.get("Name"), f"{key}.Name")}
    _check_input(found.get("TableInput"))
    _check_input(found.get("PartitionInput"))
    for key in ("PartitionInputList", "PartitionsToGet", "TablesToDelete", "Filters", "Entries", "ColumnNames"):
        if key in found and not isinstance(found[key], list):
            raise _wrong(key)
    for one in found.get("PartitionInputList", ()):
        _check_input(one)
    return found


def names_of(body: Mapping[str, Any], key: str = "TableName") -> tuple[str, str]:
    """Database and table of a request. Raises Fault when they are not there."""
    database, name = body.get("DatabaseName"), body.get(key)
    if not database or not name:
        raise Fault("InvalidInputException", f"DatabaseName and {key} must be given")
    return str(database), str(name)


def _check_input(value: Any) -> None:
    if value is None:
        return
    storage = _mapping(_mapping(value, "input").get("StorageDescriptor") or {}, "StorageDescriptor")
    for columns in (storage.get("Columns") or [], value.get("PartitionKeys") or []):
        for column in columns:
            _text(_mapping(column, "Columns").get("Name"), "Columns.Name")
    _mapping(value.get("Parameters") or {}, "Parameters")


def _mapping(value: Any, key: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(key)
    return value


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 255:
        raise _wrong(key)
    return value.lower() if key in _LOWER or key.endswith("Input.Name") else value


def _wrong(key: str) -> Fault:
    return Fault("InvalidInputException", f"{key} is missing or of the wrong kind")
