"""Mistakes of a validation in a person's words: code, `file:line`, the fact, and a hint."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lakewright.errors import SpecError
from lakewright.spec.block import keys_of
from lakewright.spec.document import Value
from lakewright.spec.layers import did_you_mean


def explained(
    error: ValidationError, tree: Value, root: type[BaseModel], above: tuple[str | int, ...] = ()
) -> list[SpecError]:
    """Each mistake once. `tree` is what was validated as `root`; messages show its keys below the path `above`."""
    details = error.errors(include_url=False, include_input=False)
    found = (_mistake(tree, detail, root, above) for detail in details)
    return list({str(mistake): mistake for mistake in found}.values())


def _mistake(tree: Value, detail: ErrorDetails, root: type[BaseModel], above: tuple[str | int, ...]) -> SpecError:
    path, block = _follow(detail["loc"], root)
    name = ".".join(str(step) for step in (*above, *path))
    context: Mapping[str, Any] = detail.get("ctx", {})
    place = str(tree.nearest(path))
    kind = detail["type"]
    if kind == "lakewright":
        return SpecError(context["code"], f"{name}: {context['fact']}", place=place, hint=context["hint"])
    if kind == "extra_forbidden":
        known = keys_of(block) if block else ()
        hint = did_you_mean(str(path[-1]), known, "known here: " + ", ".join(known))
        hint = _elsewhere(detail["loc"], path, block, root, above) or hint
        return SpecError("LW104", f"{name}: no such key", place=place, hint=hint)
    if kind == "missing":
        return SpecError("LW106", f"{name} is missing", place=place, hint=_example(block, str(path[-1])))
    if kind == "literal_error":
        return SpecError(
            "LW107", f"{name} must be {context['expected']}", place=place, hint=_nearest(tree, path, context)
        )
    code, fact = _PHRASES.get(kind, ("LW107", detail["msg"][0].lower() + detail["msg"][1:]))
    value = tree.find(path)
    if value is not None and value.content is None:
        return SpecError("LW105", f"{name} has no value", place=place, hint="write one, or remove the key")
    if kind == "string_pattern_mismatch":
        written = path[-1] if "[key]" in detail["loc"] or value is None else value.content
        fact, hint = f'"{str(written)[:80]}" is not written as it must be', _form(detail, path, block)
        return SpecError(code, f"{name}: {fact}", place=place, hint=hint)
    if kind == "int_type" and value is not None and isinstance(value.content, str) and path[-1] in _MEASURED:
        fact = f'"{value.content[:80]}" is no {_MEASURED[str(path[-1])]}'
    return SpecError(code, f"{name}: {fact.format_map(context)}", place=place, hint=_hint(kind, path, block))


def _elsewhere(
    loc: tuple[str | int, ...],
    path: tuple[str | int, ...],
    block: type[BaseModel] | None,
    root: type[BaseModel],
    above: tuple[str | int, ...],
) -> str:
    """Where a key belongs that is one level too deep, or too high; empty when no neighbour knows it."""
    key = str(path[-1])
    if len(path) > 1:
        _, around = _follow((*loc[:-2], ""), root)
        if around is not None and around is not block and key in keys_of(around):
            name = ".".join(str(step) for step in (*above, *path[:-2]))
            return f"it belongs one level up, {f'beside {path[-2]} in {name}' if name else f'beside {path[-2]}'}"
    for name, info in keys_of(block).items() if block else ():
        inner = _block_in(info.annotation)
        if inner is not None and key in keys_of(inner):
            return f"it belongs one level down, in {name}"
    return ""


def _block_in(annotation: Any) -> type[BaseModel] | None:
    """The block that a key holds, optional or not."""
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


_PHRASES = {
    "string_type": ("LW105", "must be text"),
    "int_type": ("LW105", "must be a whole number"),
    "float_type": ("LW105", "must be a number"),
    "bool_type": ("LW105", "must be true or false"),
    "tuple_type": ("LW105", "must be a list"),
    "dict_type": ("LW105", "must be a mapping of names"),
    "model_type": ("LW105", "must be a mapping of keys"),
    "string_pattern_mismatch": ("LW107", ""),
    "too_short": ("LW107", "must have at least {min_length}"),
    "too_long": ("LW107", "must have at most {max_length}"),
    "string_too_short": ("LW107", "must have at least {min_length} characters"),
    "string_too_long": ("LW107", "must have at most {max_length} characters"),
    "greater_than": ("LW107", "must be greater than {gt}"),
    "greater_than_equal": ("LW107", "must be at least {ge}"),
    "less_than_equal": ("LW107", "must be at most {le}"),
}

_HINTS = {"string_type": "put it in quotes", "tuple_type": "write [one, two]"}
_FORMS = {
    r"^[a-z][a-z0-9_-]{0,62}$": "lower-case letters, digits, - and _, beginning with a letter",
    "^[0-9]{12}$": "twelve digits",
}
_MEASURED = {
    "retained_wal_limit": "size",
    "scan_limit": "size",
    "memory": "size",
    "infrequent": "number of days",
    "archive": "number of days",
    "history": "number of days",
    "timeout": "time",
}
_KEY_HINTS = {
    "account_id": "for example 1a2b3c4d-0000-1111-2222-0123456789ab, as the account console shows it",
    "account": 'account: "111111111111", in quotes',
    "retained_wal_limit": "for example 10GB",
    "infrequent": "days, for example 90d",
    "archive": "days, for example 180d",
    "scan_limit": "for example 1TB",
    "memory": "for example 2GB",
    "timeout": "for example 30m or 90s, at most 24h",
    "history": "days, for example 30d",
    "blueprint": "name@version, for example lakehouse-cdc@1",
    "region": "for example us-east-1",
}


def _hint(kind: str, path: tuple[str | int, ...], block: type[BaseModel] | None) -> str:
    known = _KEY_HINTS.get(str(path[-1])) if path else None
    if known:
        return known
    if kind == "model_type" and block is not None:
        return "keys here: " + ", ".join(keys_of(block))
    return _HINTS.get(kind, "") or (_described(path, block) if kind in ("too_short", "too_long") else "")


def _form(detail: ErrorDetails, path: tuple[str | int, ...], block: type[BaseModel] | None) -> str:
    """How it must be written: in words, else as the expression that it must fit."""
    pattern = detail.get("ctx", {}).get("pattern", "")
    words = _KEY_HINTS.get(str(path[-1])) if path and "[key]" not in detail["loc"] else None
    return words or _FORMS.get(pattern) or _described(path, block) or f"it must look like {pattern}"


def _described(path: tuple[str | int, ...], block: type[BaseModel] | None) -> str:
    """What the language says of the key that ends the path."""
    known = keys_of(block) if block is not None else {}
    field = known.get(str(path[-1])) if path else None
    return (field.description or "").removesuffix(".") if field is not None else ""


def _nearest(tree: Value, path: tuple[str | int, ...], context: Mapping[str, Any]) -> str:
    value = tree.find(path)
    return (
        did_you_mean(str(value.content), context["expected"].replace("'", "").replace(" or ", ", ").split(", "))
        if value
        else ""
    )


def _example(block: type[BaseModel] | None, key: str) -> str:
    if key == "lakewright":
        return "lakewright: 1"
    description = keys_of(block)[key].description if block and key in keys_of(block) else ""
    return f"{key}: {description}" if description else ""


def _follow(loc: tuple[str | int, ...], root: type[BaseModel]) -> tuple[tuple[str | int, ...], type[BaseModel] | None]:
    """The path in the file for a pydantic location (which also names unions and `[key]`), and the block it is in."""
    path: list[str | int] = []
    block: type[BaseModel] | None = root
    inner: Any = root
    for step in loc:
        if step == "[key]":
            continue
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            block = inner
            known = keys_of(inner)
            inner = known[step].annotation if isinstance(step, str) and step in known else None
        elif get_origin(inner) is not None:
            arguments = [item for item in get_args(inner) if item not in (type(None), Ellipsis)]
            inner = arguments[-1] if arguments else None
            if isinstance(step, str) and step not in path and inner is None:
                continue
        else:
            block = None
        path.append(step)
    final = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else block
    return tuple(path), final
