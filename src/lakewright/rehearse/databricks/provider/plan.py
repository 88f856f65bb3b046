"""What a change would give: defaults, values known only later, what makes a new object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.databricks.provider.kinds.kind import Mistake, Rules
from lakewright.rehearse.databricks.provider.schema import Block
from lakewright.rehearse.databricks.provider.values import UNKNOWN, State, differences, is_nothing, same


@dataclass(frozen=True)
class Change:
    """The planned state, and the arguments for which the object must be made anew."""

    planned: State
    replaced: tuple[str, ...] = ()


Foresee = Callable[[State], State]
"""What of a planned state follows from the rest of it."""


def creation(block: Block, config: State, rules: Rules, foresee: Foresee = dict) -> State:
    """A new object's state: what is given, the defaults, and unknown for what the service decides."""
    planned = _new(block, config)
    for name, value in rules.defaults.items():
        if config.get(name) is None:
            planned[name] = value
    return foresee(planned)


def _new(block: Block, config: State) -> State:
    made: State = {}
    for name, attribute in block.attributes.items():
        value = config.get(name)
        made[name] = UNKNOWN if value is None and attribute.computed else value
    for name, nested in block.blocks.items():
        value = config.get(name)
        if value is UNKNOWN or value is None:
            made[name] = value
        elif nested.nesting == "single":
            made[name] = value if name == "timeouts" else _new(nested.block, value)
        else:
            made[name] = [one if one is UNKNOWN else _new(nested.block, one) for one in value]
    return made


def change(block: Block, config: State, prior: State, proposed: State, rules: Rules, foresee: Foresee = dict) -> Change:
    """An existing object's state after the change; the prior state itself where nothing would change."""
    planned = dict(proposed)
    for name in block.attributes:
        if config.get(name) is None:
            planned[name] = _unset(block, name, prior, planned, rules)
    for name in rules.once:
        planned[name] = planned.get(name) if prior.get(name) is None else prior[name]
    for name in (*rules.folded, *rules.prefixed, *rules.json):
        if _means_the_same(name, prior.get(name), planned.get(name), rules):
            planned[name] = prior[name]
    for name, nested in block.blocks.items():
        if name in rules.loose and is_nothing(config.get(name)):
            planned[name] = prior.get(name)
        elif nested.nesting in ("list", "set") and isinstance(planned.get(name), list):
            planned[name] = _continued(nested.block, config.get(name), planned[name], prior.get(name))
    if "timeouts" in proposed:
        planned["timeouts"] = proposed["timeouts"]
    planned = foresee(planned)
    changed = [name for name in differences(block, prior, planned) if name != "timeouts"]
    if not changed:
        return Change(prior if proposed.get("timeouts") == prior.get("timeouts") else planned)
    for name in rules.volatile:
        if config.get(name) is None:
            planned[name] = UNKNOWN
    return Change(planned, tuple(name for name in changed if name in rules.replace))


def _unset(block: Block, name: str, prior: State, planned: State, rules: Rules) -> Any:
    if name in rules.defaults:
        return rules.defaults[name]
    if name in rules.loose or block.attributes[name].computed:
        return prior.get(name)
    return planned.get(name)


def _means_the_same(name: str, prior: Any, planned: Any, rules: Rules) -> bool:
    if not isinstance(prior, str) or not isinstance(planned, str):
        return False
    if name in rules.folded:
        return prior.lower() == planned.lower()
    if name in rules.prefixed:
        return bool(planned) and prior.rstrip("/").startswith(planned.rstrip("/"))
    try:
        return bool(json.loads(prior) == json.loads(planned))
    except ValueError:
        return False


def _continued(block: Block, config: Any, planned: list[Any], prior: Any) -> list[State]:
    """Computed values of inner blocks: those of the block that was there, unknown in a new one."""
    before = prior if isinstance(prior, list) else []
    wanted = config if isinstance(config, list) else planned
    made: list[Any] = []
    for place, one in enumerate(planned):
        if one is UNKNOWN:
            made.append(one)
            continue
        given = wanted[place] if place < len(wanted) and isinstance(wanted[place], dict) else one
        is_new = place >= len(before) and not any(same(block, one, other) for other in before)
        made.append(_new(block, given) if is_new else one)
    return made


def mistakes(config: State, rules: Rules) -> Iterable[Mistake]:
    """What the rules refuse about a configuration. Unknown values count as given."""
    for group in rules.one_of:
        given = [name for name in group if not _absent(config.get(name))]
        if len(given) != 1:
            which = "none is" if not given else f"{', '.join(given)} are"
            yield (given[0] if given else group[0]), f"exactly one of {', '.join(group)} can be specified, but {which}"
    for group in rules.conflicts:
        given = [name for name in group if not _absent(config.get(name))]
        if len(given) > 1:
            yield given[0], f"conflicts with {', '.join(given[1:])}"
    for group in rules.together:
        given = [name for name in group if not _absent(config.get(name))]
        if given and len(given) < len(group):
            yield given[0], f"all of {', '.join(group)} must be specified"
    for name, words in rules.values.items():
        value = config.get(name)
        if isinstance(value, str) and value and value not in words:
            yield name, f'expected one of {", ".join(sorted(words))}, got "{value}"'


def _absent(value: Any) -> bool:
    return value is None or value == []
