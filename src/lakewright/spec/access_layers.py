"""How `access` comes together from several files: its lists add up, and users may stand in a file of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lakewright.errors import SpecError
from lakewright.spec.access import LISTS
from lakewright.spec.document import Entry, Value, read_document

UNREAD = "unread"
"""The layer of users whose file could not be read."""
_EXAMPLE = "a YAML mapping: `ana: {groups: [analysts], attributes: {tenants: [1, 2]}}`"


def _access(tree: Value) -> Value | None:
    entry = tree.entries().get("access")
    return entry.value if entry and isinstance(entry.value.content, dict) else None


def _with(tree: Value, key: str, changed: Mapping[str, Entry]) -> Value:
    """`tree` with other entries in its mapping `key`."""
    entry = tree.entries()[key]
    return Value(tree.content | {key: Entry(entry.place, Value(dict(changed), entry.value.place))}, tree.place)


def without_lists(tree: Value) -> Value:
    """The tree without the lists that files add to."""
    access = _access(tree)
    if access is None:
        return tree
    kept = {key: entry for key, entry in access.content.items() if key not in LISTS}
    if kept:
        return _with(tree, "access", kept)
    return Value({key: entry for key, entry in tree.content.items() if key != "access"}, tree.place)


def inherited(below: Value, above: Value) -> Value:
    """What is left of a blueprint's defaults: without its rules when the spec says `inherit: false`."""
    access = _access(above)
    wish = access.find(("inherit",)) if access else None
    return below if wish is None or wish.content is not False else without_lists(below)


def added_lists(below: Value, above: Value, joined: Value) -> Value:
    """`joined`, in which each list of `access` holds the items of `below`, then those of `above`."""
    lower, upper = _access(below), _access(above)
    if lower is None or upper is None:
        return joined
    entries = dict(joined.content["access"].value.content)
    for key in LISTS:
        one, other = lower.content.get(key), upper.content.get(key)
        if one and other and isinstance(one.value.content, list) and isinstance(other.value.content, list):
            items = [*one.value.content, *other.value.content]
            entries[key] = Entry(other.place, Value(items, other.value.place))
    return _with(joined, "access", entries)


def with_identities(root: Path, tree: Value, mistakes: list[SpecError]) -> Value:
    """The tree with the users of the file that `access.users` names, in its place."""
    access = _access(tree)
    users = access.content.get("users") if access else None
    if access is None or users is None or not isinstance(users.value.content, str) or "${" in users.value.content:
        return tree
    found = _identity_file(root, users.value, mistakes)
    return _with(tree, "access", access.content | {"users": Entry(users.place, found)})


def _identity_file(root: Path, name: Value, mistakes: list[SpecError]) -> Value:
    path, place = name.content, str(name.place)
    empty = Value({}, replace(name.place, layer=UNREAD))
    if path.startswith("/") or ".." in Path(path).parts:
        hint = "name a file in this folder"
        mistakes.append(SpecError("LW112", f"`{path}` leaves the project", place=place, hint=hint))
        return empty
    try:
        text = (root / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        mistakes.append(SpecError("LW101", "not UTF-8 text", place=f"{path}:1", hint="save the file as UTF-8"))
        return empty
    except OSError:
        mistakes.append(SpecError("LW113", f"no file {path}", place=place, hint=_EXAMPLE))
        return empty
    users, wrong = read_document(text, path)
    if not text.strip():
        wrong = [SpecError("LW101", "the file is empty", place=f"{path}:1", hint=_EXAMPLE)]
    mistakes.extend(wrong)
    return empty if wrong and not users.entries() else users
