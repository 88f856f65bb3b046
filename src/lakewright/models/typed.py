"""Whether models fit the tables they read: unknown columns, wrong operands, headers that say other types."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path

from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.models.graph import Models
from lakewright.models.load import code_version, keep
from lakewright.models.model import Model
from lakewright.models.types import SparkType, parse_type

Schemas = Mapping[str, Mapping[str, str]]
_WHOLE = ("tinyint", "smallint", "int", "bigint")
_REAL = ("float", "double")
_FINE_FILE = "typed.json"


def type_mistakes(models: Models, tables: Schemas) -> list[LakewrightError]:
    """What is wrong once the types of all tables are known. `tables`: table → column → canonical type."""
    schemas = {**tables, **{name: model.schema for name, model in models.items()}}
    return [mistake for model in models.order() for mistake in _of_model(model, schemas)]


def cached_type_mistakes(
    models: Models, tables: Schemas, cache: Path, *, without: Collection[str] = ()
) -> list[LakewrightError]:
    """The same of the models all of whose inputs are known, but those in `without`.

    `cache`: a folder where it is kept which models fit which tables; it may be lost or damaged.
    """
    schemas = {**tables, **{name: model.schema for name, model in models.items()}}
    texts = {name: json.dumps(list(columns.items())) for name, columns in schemas.items()}
    known, fine = _read(cache / _FINE_FILE), set()
    mistakes: list[LakewrightError] = []
    for model in models.order():
        if model.name in without or not all(name in schemas for name in model.inputs):
            continue
        inputs = "".join(f"\n{name} {texts[name]}" for name in model.inputs)
        digest = hashlib.sha256(f"{model.content_hash}{inputs}".encode()).hexdigest()
        found = [] if digest in known else _of_model(model, schemas)
        mistakes += found
        if not found:
            fine.add(digest)
    if fine != known:
        keep(cache / _FINE_FILE, json.dumps({"version": code_version(), "fine": sorted(fine)}))
    return mistakes


def _read(file: Path) -> set[str]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return set(kept["fine"]) if kept["version"] == code_version() else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _of_model(model: Model, schemas: Schemas) -> list[LakewrightError]:
    from lakewright.models.dialect import output_types  # sqlglot is slow to import; where all is known none is needed

    try:
        actual = output_types(model.sql, schemas, place=(model.path, model.line))
    except Mistakes as error:
        return list(error.mistakes)
    wrong = [
        f"{name} is {actual[name]}, declared {declared}"
        for name, declared in model.schema.items()
        if name in actual and not fits(parse_type(actual[name]), parse_type(declared))
    ]
    if not wrong:
        return []
    hint = "cast in the SQL, or correct `columns` in the header"
    return [SpecError("LW713", f"{model.name}: {'; '.join(wrong)}", place=model.place, hint=hint)]


def fits(actual: SparkType, declared: SparkType) -> bool:
    """Whether values of `actual` become `declared` without loss, or with an error when one does not fit."""
    if actual == declared or actual.name == "void":
        return True
    if actual.name in _WHOLE:
        return declared.name in (*_WHOLE, *_REAL, "decimal")
    if actual.name == "decimal":
        if declared.name == "decimal":
            return declared.scale >= actual.scale
        return declared.name in _REAL or (actual.scale == 0 and declared.name in _WHOLE)
    if actual.name in _REAL:
        return declared.name in _REAL
    if actual.name == declared.name and actual.items:
        same_parts = len(actual.items) == len(declared.items) and actual.names == declared.names
        return same_parts and all(fits(a, d) for a, d in zip(actual.items, declared.items, strict=True))
    return False
