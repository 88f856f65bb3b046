"""What a module takes and gives, as its `variables.tf` and `outputs.tf` say."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lakewright.errors import ProblemError
from lakewright.infra.hcl_read import Block, HclError, read_blocks, text_of
from lakewright.infra.hcl_types import ANY, Type, parse_type


@dataclass(frozen=True)
class Variable:
    """One input. `type_text` is the constraint as written; `required`: it has no default."""

    name: str
    type: Type
    type_text: str
    description: str
    required: bool
    sensitive: bool
    ephemeral: bool


@dataclass(frozen=True)
class ModuleOutput:
    """One output."""

    name: str
    description: str
    sensitive: bool


@dataclass(frozen=True)
class Interface:
    """A module's variables and outputs, in the order in which they are written; addresses of its resources; the
    providers that it needs."""

    variables: Mapping[str, Variable]
    outputs: Mapping[str, ModuleOutput]
    resources: frozenset[str]
    providers: frozenset[str] = frozenset({"aws"})


@functools.cache
def read_interface(module: Path) -> Interface:
    """The interface of the module in a folder; read once per process. Raises ProblemError LW1303."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(module.glob("*.tf"))}
    blocks = [block for path, text in texts.items() for block in _blocks(path, text)]
    resources = frozenset(f"{kind}.{name}" for text in texts.values() for kind, name in _RESOURCE.findall(text))
    variables = [_variable(block, module) for block in blocks if block.kind == "variable"]
    outputs = [_output(block) for block in blocks if block.kind == "output"]
    needed = _PROVIDER.findall(texts.get(module / "versions.tf", ""))
    return Interface(
        {one.name: one for one in variables}, {one.name: one for one in outputs}, resources, frozenset(needed)
    )


_PROVIDER = re.compile(r"^    ([a-z]+) = \{$", re.MULTILINE)
_RESOURCE = re.compile(r'^resource "(\w+)" "([\w-]+)"', re.MULTILINE)


def _blocks(path: Path, text: str) -> tuple[Block, ...]:
    try:
        return read_blocks(text) if "variable " in text or "output " in text else ()
    except HclError as error:
        raise ProblemError("LW1303", f"not readable as HCL: {error.fact}", place=f"{path}:{error.line}") from error


def _variable(block: Block, module: Path) -> Variable:
    text = block.attributes.get("type", "any")
    try:
        kind = parse_type(text) if "type" in block.attributes else ANY
    except ValueError as error:
        place = f"{module / 'variables.tf'}:{block.line}"
        raise ProblemError("LW1303", f"variable {block.labels[0]}: {error}", place=place) from error
    return Variable(
        block.labels[0],
        kind,
        text,
        _description(block),
        "default" not in block.attributes,
        block.attributes.get("sensitive") == "true",
        block.attributes.get("ephemeral") == "true",
    )


def _output(block: Block) -> ModuleOutput:
    return ModuleOutput(block.labels[0], _description(block), block.attributes.get("sensitive") == "true")


def _description(block: Block) -> str:
    text = block.attributes.get("description", '""')
    return text_of(text) if text.startswith('"') else " ".join(" ".join(text.split("\n")[1:-1]).split())
