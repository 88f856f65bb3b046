"""The `infra:` block: which building blocks an environment is made of, and what exists already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem

_ANY: dict[str, Any] = {
    "type": ["string", "number", "boolean", "array", "object"],
    "not": {"type": "string", "pattern": r"\$\{"},
}


def _settings(value: Any) -> Any:
    if value is False or isinstance(value, dict):
        return value
    raise problem("LW105", "must be a mapping of settings, or `false` to leave the call out", "write {} for defaults")


def _given(value: Any) -> Any:
    if isinstance(value, str) and "${" in value:
        raise problem("LW108", "`${…}` is for secrets only, and this is none", "write the value")
    if value is None:
        raise problem("LW105", "has no value", "write one, or remove the key")
    return value


Settings = Annotated[
    Any,
    BeforeValidator(_settings),
    WithJsonSchema({"anyOf": [{"type": "object"}, {"const": False}]}),
]
"""What a person sets of one call; the component that it uses checks it. False leaves the call out."""

Given = Annotated[Any, BeforeValidator(_given), WithJsonSchema(_ANY)]
Existing = Mapping[Name, Mapping[Name, Given]]
"""Component → output → the value of what is there already."""

ResourceAddress = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[A-Za-z_][A-Za-z0-9_-]*(\[.+\])?$")]
CallAddress = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*/[a-z][a-z0-9_-]*$")]
Imports = Mapping[CallAddress, Mapping[ResourceAddress, Annotated[str, Field(min_length=1)]]]
"""`stack/call` → address of a resource within the call's module → what AWS calls it."""


class StackCalls(Block):
    """One root module: what is applied together."""

    after: tuple[Name, ...] = Field(
        default=(),
        strict=False,
        description="Stacks that come before this one, besides those whose outputs it uses.",
    )
    account: Name | None = Field(
        default=None,
        description="The account that it is applied to, by its name under the environment's `accounts`; by default the "
        "environment's own.",
    )
    each: Literal["network", "unit", "workspace"] | None = Field(
        default=None,
        description="One such stack for each network, unit, or workspace of a unit: STACK-UNIT-KIND, its calls "
        "CALL_UNIT_KIND, each with the settings `unit` and `workspace` (or `network`).",
    )
    layer: Annotated[int, Field(ge=1, le=9)] | None = Field(
        default=None,
        description="Stacks of a layer come after all of every lower layer, and are refused before these are applied.",
    )
    owner: Text = Field(
        default="",
        description="Who approves its changes; by default the owner of the file that declares it.",
    )
    calls: Mapping[Name, Settings] = Field(
        default_factory=dict,
        description="Calls of components by name: `network: {use: networking, cidr: 10.0.0.0/16}`. `use` is by default "
        "the call's own name; `each_source: dms` (or `lakewright`) makes a call NAME_SOURCE for each source that is "
        "replicated so, `any_source: dms` one call if there is any; `network: false` leaves it out.",
    )


class Infra(Block):
    """What `infra compile` writes as Terraform."""

    stacks: Mapping[Name, StackCalls] = Field(
        default_factory=dict,
        description="Root modules by name; their order follows from the outputs that they use of each other.",
    )
