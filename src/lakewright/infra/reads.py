"""What a stack's Terraform reads of other stacks' outputs, as far as its text says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_READ = re.compile(
    r"\bdata\.terraform_remote_state\.(?P<stack>[\w-]+)"
    r'(?:\.outputs\.(?P<output>[\w-]+)(?P<steps>(?:\["[^"\\]*"\]|\[\d+\])*))?'
)
_STEP = re.compile(r'\["(?P<key>[^"\\]*)"\]|\[(?P<index>\d+)\]')


def values_read(texts: Iterable[str], outputs: Callable[[str], Mapping[str, Any]]) -> dict[str, Any]:
    """Reference as it is written → its value now, None for what is not there. `outputs`: those of a stack, by name.

    Steps into an output that are no constants are not followed: then all of it counts, as do all outputs of a stack
    that is taken whole.
    """
    found = {one.group(): one for text in texts for one in _READ.finditer(text)}
    given = {stack: outputs(stack) for stack in sorted({one["stack"] for one in found.values()})}
    return {name: _value(given[one["stack"]], one) for name, one in found.items()}


def _value(outputs: Mapping[str, Any], reference: re.Match[str]) -> Any:
    if reference["output"] is None:
        return outputs
    value = outputs.get(reference["output"])
    for step in _STEP.finditer(reference["steps"]):
        value = _inside(value, step)
    return value


def _inside(value: Any, step: re.Match[str]) -> Any:
    match value:
        case dict() if step["key"] is not None:
            return value.get(step["key"])
        case list() if step["index"] is not None and int(step["index"]) < len(value):
            return value[int(step["index"])]
        case _:
            return None
