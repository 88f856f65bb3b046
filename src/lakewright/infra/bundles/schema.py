"""Bundles checked against Databricks' schema of them: names, types, what is required, and the values of enumerations.

`schema.json.gz` is made by `tools/bundle_schema.py`, which says from what.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from lakewright.errors import ProblemError, SpecError
from lakewright.spec.document import Value, read_document
from lakewright.spec.layers import did_you_mean

FILE = Path(__file__).with_name("schema.json.gz")
ROOT = "databricks.yml"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_WORDS = {
    "object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false", "integer": "a whole number",
    "number": "a number",
}  # fmt: skip
Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Wrong:
    """What is wrong, and where in the document."""

    path: Steps
    fact: str
    hint: str = ""


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found


def source() -> str:
    """What the schema was made from: `databricks-bundles 1.22.1`."""
    return str(schema()["$comment"]).partition(". ")[0]


def mistakes(document: Any, rules: Mapping[str, Any] | None = None) -> Iterator[Wrong]:
    """Everything in a document that the schema does not allow."""
    yield from _mistakes(document, rules or schema(), ())


def _mistakes(value: Any, rules: Mapping[str, Any], path: Steps) -> Iterator[Wrong]:
    if "$ref" in rules:
        yield from _mistakes(value, schema()["$defs"][rules["$ref"].rsplit("/", 1)[-1]], path)
        return
    if "anyOf" in rules:
        yield from _nearest(value, rules["anyOf"], path)
        return
    if "enum" in rules and value not in rules["enum"]:
        known = [str(one) for one in rules["enum"]]
        yield Wrong(path, f"must be {' or '.join(known)}, not {value!r}", did_you_mean(str(value), known))
        return
    if "type" in rules and not _is(value, rules["type"]):
        yield Wrong(path, f"must be {_WORDS[rules['type']]}")
        return
    if "pattern" in rules and not re.search(rules["pattern"], value):
        yield Wrong(path, f"{value!r} is no ${{…}}")
    if isinstance(value, dict):
        yield from _entries(value, rules, path)
    elif isinstance(value, list) and "items" in rules:
        for number, item in enumerate(value):
            yield from _mistakes(item, rules["items"], (*path, number))


def _is(value: Any, kind: str) -> bool:
    """A truth value is no number."""
    return isinstance(value, _TYPES[kind]) and not (isinstance(value, bool) and kind in ("integer", "number"))


def _nearest(value: Any, choices: Sequence[Mapping[str, Any]], path: Steps) -> Iterator[Wrong]:
    """Nothing where one of them fits; else what is wrong with the one that is meant most likely."""
    found = [[*_mistakes(value, one, path)] for one in choices]
    if all(found):
        yield from next((one for one in found if all(len(wrong.path) > len(path) for wrong in one)), found[0])


def _entries(value: Mapping[str, Any], rules: Mapping[str, Any], path: Steps) -> Iterator[Wrong]:
    known: Mapping[str, Any] = rules.get("properties", {})
    others = rules.get("additionalProperties", True)
    for name in rules.get("required", ()):
        if name not in value:
            yield Wrong((*path, name), f"`{name}` is missing")
    for name, item in value.items():
        if name in known:
            yield from _mistakes(item, known[name], (*path, name))
        elif others is False:
            yield Wrong((*path, name), f"unknown key `{name}`", did_you_mean(name, known))
        elif isinstance(others, dict):
            yield from _mistakes(item, others, (*path, name))


def check_bundle(files: Mapping[str, bytes], folder: str) -> Iterator[ProblemError]:
    """Mistakes LW1534 in databricks.yml and in the files that it includes, each with its place below `folder`."""
    if ROOT not in files:
        yield ProblemError("LW1534", f"no {ROOT}", place=folder, hint="`lakewright bundle compile ENV` writes it")
        return
    tree, wrong = read_document(files[ROOT].decode(), f"{folder}/{ROOT}")
    yield from _in_file(tree, wrong)
    if wrong:
        return
    for name in included(tree.plain(), files):
        part, wrong = read_document(files[name].decode(), f"{folder}/{name}")
        yield from _in_file(part, wrong)


def included(root: Mapping[str, Any], files: Mapping[str, bytes]) -> list[str]:
    """The files that `include` names, which may be patterns."""
    patterns = [str(one) for one in root.get("include") or ()]
    return [name for name in sorted(files) if any(PurePosixPath(name).match(one) for one in patterns)]


def _in_file(tree: Value, wrong: Sequence[SpecError]) -> Iterator[ProblemError]:
    for one in wrong:
        yield ProblemError("LW1534", one.fact, place=one.place, hint=one.hint)
    for found in mistakes(tree.plain()) if not wrong else ():
        place = str(tree.nearest(found.path))
        at = ".".join(str(step) for step in found.path)
        yield ProblemError("LW1534", f"{at}: {found.fact}" if at else found.fact, place=place, hint=found.hint)
