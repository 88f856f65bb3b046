"""Values of a block: what counts as nothing, what as equal, and how an API's answer becomes state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lakewright.rehearse.databricks.provider.schema import Attribute, Block, Nested

State = dict[str, Any]


class _Unknown:
    """A value that is known only after apply."""

    def __repr__(self) -> str:
        return "Unknown"


UNKNOWN: Final = _Unknown()


def is_nothing(value: Any) -> bool:
    """Whether a value is null or its type's zero: the provider's SDK does not tell these apart."""
    return value is not UNKNOWN and (value is None or value in ("", 0, False) or value == [] or value == {})


def empty(block: Block) -> State:
    """All of a block's names, with nothing in them."""
    state: State = dict.fromkeys(block.attributes)
    return state | {name: None if one.nesting == "single" else [] for name, one in block.blocks.items()}


def same(block: Block, old: State, new: State) -> bool:
    """Whether two states of a block mean the same."""
    return not any(True for _ in differences(block, old, new))


def differences(block: Block, old: State, new: State) -> Iterator[str]:
    """Names whose values mean something else."""
    for name, attribute in block.attributes.items():
        if not _same_value(attribute.type, old.get(name), new.get(name)):
            yield name
    for name, nested in block.blocks.items():
        if not _same_blocks(nested, old.get(name), new.get(name)):
            yield name


def _same_value(kind: Any, old: Any, new: Any) -> bool:
    if old is UNKNOWN or new is UNKNOWN:
        return old is new
    if is_nothing(old) and is_nothing(new):
        return True
    if isinstance(kind, list) and kind[0] == "set" and old is not None and new is not None:
        return _sorted(old) == _sorted(new)
    return bool(old == new)


def _same_blocks(nested: Nested, old: Any, new: Any) -> bool:
    if nested.nesting == "single":
        return same(nested.block, old or {}, new or {})
    old, new = old or [], new or []
    if old is UNKNOWN or new is UNKNOWN or len(old) != len(new):
        return old is new
    if nested.nesting == "set":
        rest = list(new)
        for one in old:
            found = next((two for two in rest if same(nested.block, one, two)), None)
            if found is None:
                return False
            rest.remove(found)
        return True
    return all(same(nested.block, one, two) for one, two in zip(old, new, strict=True))


def _sorted(values: list[Any]) -> list[Any]:
    return sorted(values, key=lambda one: json.dumps(one, sort_keys=True, default=repr))


def body_of(block: Block, state: Mapping[str, Any]) -> dict[str, Any]:
    """A request's body: what has a known value; a block that can be there once is an object, not a list."""
    body: dict[str, Any] = {}
    for name, attribute in block.attributes.items():
        value = state.get(name)
        settable = attribute.required or attribute.optional
        if settable and value is not None and value is not UNKNOWN:
            body[name] = value
    for name, nested in block.blocks.items():
        value = state.get(name)
        if nested.nesting == "single":
            if value is not None and name != "timeouts":
                body[name] = body_of(nested.block, value)
        elif value:
            inner = [body_of(nested.block, one) for one in value]
            body[name] = inner[0] if nested.most == 1 else inner
    return body


def state_of(block: Block, answer: Mapping[str, Any], known: State) -> State:
    """A state from an API's answer. `known` is what was planned or read before: where the answer and it both say
    nothing, its way of saying so stays."""
    state: State = {}
    for name, attribute in block.attributes.items():
        state[name] = _value(attribute, answer.get(name), known.get(name))
    for name, nested in block.blocks.items():
        if name == "timeouts":
            state[name] = known.get(name)
        elif nested.nesting == "single":
            found = answer.get(name)
            state[name] = None if found is None else state_of(nested.block, found, known.get(name) or {})
        else:
            state[name] = _blocks(nested, answer.get(name), known.get(name) or [])
    return state


def _blocks(nested: Nested, answer: Any, known: Any) -> list[State]:
    known = [] if known is UNKNOWN else known
    found: list[Any] = answer if isinstance(answer, list) else [answer]
    if not answer and not (known and answer == {}):  # an empty object is a block only where one was written
        found = []
    paired = _partners(nested, found, known)
    return [state_of(nested.block, one, partner) for one, partner in zip(found, paired, strict=True)]


def _partners(nested: Nested, found: list[Any], known: list[State]) -> list[State]:
    """For each found block the known one it continues: by place in a list, by its required values in a set."""
    if nested.nesting == "list":
        return [known[place] if place < len(known) else {} for place in range(len(found))]
    keys = [
        name for name, one in nested.block.attributes.items() if one.required and one.type in ("string", "number")
    ] or list(nested.block.attributes)
    by_key = {json.dumps([one.get(key) for key in keys], default=repr): one for one in known}
    return [by_key.get(json.dumps([one.get(key) for key in keys], default=repr), {}) for one in found]


def _value(attribute: Attribute, answer: Any, known: Any) -> Any:
    known = None if known is UNKNOWN else known
    if is_nothing(answer):
        if not is_nothing(known):
            return None
        return convert(attribute.type, answer) if known is None and attribute.computed else known
    made = convert(attribute.type, answer)
    if isinstance(attribute.type, list) and attribute.type[0] == "set" and isinstance(known, list):
        return known if _sorted(known) == _sorted(made) else made
    return made


def convert(kind: Any, value: Any) -> Any:
    """An API's value as one of the schema's type."""
    if value is None:
        return None
    match kind:
        case "string":
            return value if isinstance(value, str) else json.dumps(value)
        case "number":
            return float(value) if "." in str(value) else int(value)
        case "bool":
            return value if isinstance(value, bool) else str(value).lower() == "true"
        case ["map", inner]:
            return {name: convert(inner, one) for name, one in value.items()}
        case [("list" | "set"), inner]:
            many = value if isinstance(value, list) else [value]
            return [convert(inner, one) for one in many]
        case ["object", names]:
            return {name: convert(inner, value.get(name)) for name, inner in names.items()}
        case {"nested": nesting, "a": names}:
            return _nested(nesting, names, value)
    raise TypeError(f"no Terraform type: {kind!r}")


def _nested(nesting: str, names: Mapping[str, Any], value: Any) -> Any:
    if nesting == "single":
        return {name: convert(kind, value.get(name)) for name, (kind, _) in names.items()}
    if nesting == "map":
        return {key: _nested("single", names, one) for key, one in value.items()}
    return [_nested("single", names, one) for one in value]


def settled(state: State) -> State:
    """The state with null for whatever stayed unknown."""
    return {name: _settled(one) for name, one in state.items()}


def _settled(value: Any) -> Any:
    if value is UNKNOWN:
        return None
    if isinstance(value, dict):
        return settled(value)
    if isinstance(value, list):
        return [_settled(one) for one in value]
    return value
