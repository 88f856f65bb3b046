"""The files of one stack: a short root module that an engineer would sign, and the calls' own files beside it.

`terraform.tfvars` holds what people set, each value with the place where; `main.tf` what the components decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from pydantic import BaseModel

from lakewright.components.component import HOME, Call, Output, Place, Value
from lakewright.errors import SpecError
from lakewright.infra.calls import STATE, Declaration, Declared
from lakewright.infra.each import tags
from lakewright.infra.hcl_text import Attribute, Body, Expression, HclText
from lakewright.infra.interface import Interface
from lakewright.infra.references import outputs_in
from lakewright.spec import Project

Content: TypeAlias = str | bytes
TERRAFORM = ">= 1.11"
PROVIDERS: Mapping[str, Value] = {
    "aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"},
    "databricks": {"source": "databricks/databricks", "version": ">= 1.99, < 2"},
}
TESTED = "hashicorp/aws 5.100.0 with Terraform 1.11.4"


@dataclass(frozen=True)
class Decided:
    """A call with what its component decided, and what the module takes and gives."""

    declared: Declared
    made: Call
    interface: Interface

    @property
    def name(self) -> str:
        return self.declared.name

    @cached_property
    def uses(self) -> tuple[Output, ...]:
        """Outputs that its inputs and its providers refer to, each once."""
        configured = [provider.settings for provider in self.made.providers.values()]
        return tuple(dict.fromkeys(outputs_in([self.made.inputs, *configured])))

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """Input → its root variable, of those that a person set as they are; the others the component decided."""
        fields = {info.alias or field: field for field, info in self.declared.settings_fields()}
        given = [name for name in self.made.inputs if name in fields and self.declared.origin(name)]
        return {
            name: f"{self.name}_{name}"
            for name in given
            if not any(outputs_in(self.made.inputs[name]))
            and _plain(self.made.inputs[name]) == _plain(getattr(self.declared.settings, fields[name]))
        }

    def variable(self, name: str) -> str | None:
        return self.variables.get(name)

    def shaping(self) -> list[str]:
        """Settings that a person wrote and that are not handed on as they are."""
        handed = {name for name in self.made.inputs if name in self.interface.variables and self.variable(name)}
        return [setting for setting in self.declared.tree.entries() if setting not in handed]

    def inputs(self) -> Iterator[tuple[str, Value]]:
        """Inputs in the order of the module's variables; those that are not given are left to its defaults."""
        for name in self.interface.variables:
            if name in self.made.inputs:
                yield name, self.made.inputs[name]


def state_bucket(declared: Declaration, decided: Mapping[str, Decided]) -> str:
    """The bucket of Terraform's state: made by the stack `state`, or one that exists. Raises SpecError LW1302."""
    bucket: Value = (
        decided[STATE].made.inputs["bucket"] if STATE in decided else declared.existing[STATE].get("bucket_name")
    )
    if isinstance(bucket, str):
        return bucket
    raise SpecError(
        "LW1302", "existing.state names no bucket", hint="existing: {state: {bucket_name: our-terraform-state}}"
    )


@dataclass(frozen=True)
class Wiring:
    """What all stacks of an environment share."""

    place: Place
    state_bucket: str
    calls: Mapping[str, Decided]
    imports: Mapping[str, Mapping[str, str]]
    project: Project
    accounts: Mapping[str, Place] = field(default_factory=dict)

    @cached_property
    def used(self) -> frozenset[tuple[str, str]]:
        """Call and output that some call refers to."""
        return frozenset((one.call, one.output) for call in self.calls.values() for one in call.uses)


def root_files(stack: str, wiring: Wiring) -> dict[str, Content]:
    """Name → content of one stack's files."""
    module = _RootModule(stack, wiring)
    files: dict[str, Content] = {
        "backend.tf": module.file(module.backend()),
        "main.tf": module.file(*module.remote_states(), *module.modules()),
        "outputs.tf": module.file(*module.outputs()),
        "providers.tf": module.file(*module.provider_blocks()),
        "terraform.tfvars": module.values(),
        "variables.tf": module.file(*module.variables()),
        "versions.tf": module.file(module.versions()),
    }
    if imports := tuple(module.imports()):
        files["imports.tf"] = module.file(*imports)
    for call in module.calls:
        files |= {f"{call.name}/{name}": content for name, content in call.made.files.items()}
    return dict(sorted(files.items()))


class _RootModule:
    def __init__(self, stack: str, wiring: Wiring) -> None:
        self.stack = stack
        self.wiring = wiring
        self.place = wiring.place
        self.calls = [call for call in wiring.calls.values() if call.declared.stack == stack]
        self.account = self.calls[0].declared.account if self.calls else ""
        whose = self.calls[0].declared.standing.part.whose if self.calls else {}
        self.own_tags = tags(wiring.project, whose)
        named = [provider for call in self.calls for provider in call.made.providers.values()]
        self.providers = {provider.address: provider for provider in named}

    def address(self, output: Output) -> str:
        """How this stack calls an output: of its own module, or in another stack's state."""
        owner = self.wiring.calls[output.call].declared.stack
        steps = "".join(f"[{_index(step)}]" for step in output.path)
        if owner == self.stack:
            return f"module.{output.call}.{output.output}{steps}"
        return f"data.terraform_remote_state.{owner}.outputs.{output.call}_{output.output}{steps}"

    def file(self, *blocks: Body) -> str:
        text = HclText(self.address)
        parts = [[self.header()], *(text.block(block) for block in blocks)]
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    def header(self) -> str:
        return (
            f"# Written by `lakewright infra compile {self.place.environment}`. Your own .tf files may lie beside it."
        )

    def backend(self) -> Body:
        options = (
            Attribute("bucket", self.wiring.state_bucket),
            Attribute("key", self.state_key(self.stack)),
            Attribute("region", self.place.region),
            Attribute("use_lockfile", True),
        )
        note = _BOOTSTRAP if self.stack == STATE else ()
        return Body("terraform", blocks=(Body("backend", ("s3",), options),), comment=note)

    def state_key(self, stack: str) -> str:
        return f"{self.place.environment}/{stack}.tfstate"

    def versions(self) -> Body:
        kinds = sorted({"aws", *(provider.kind for provider in self.providers.values())})
        needed = Body("required_providers", attributes=tuple(Attribute(kind, PROVIDERS[kind]) for kind in kinds))
        version = (Attribute("required_version", TERRAFORM),)
        return Body("terraform", (), version, blocks=(needed,), comment=(f"Tested with {TESTED}.",))

    def provider_blocks(self) -> Iterator[Body]:
        """The stack's account, then what its calls need beside."""
        yield self._aws(Expression("[var.account_id]"), self.account)
        for _, provider in sorted(self.providers.items()):
            alias = (Attribute("alias", provider.alias or HOME),)
            if provider.kind == "aws":
                owner = self.wiring.accounts[provider.alias].account
                yield self._aws([owner], provider.alias, alias)
            else:
                settings = tuple(Attribute(name, value) for name, value in provider.settings.items())
                yield Body("provider", (provider.kind,), (*alias, *settings))

    def _aws(self, allowed: Value | Expression, account: str, alias: tuple[Attribute, ...] = ()) -> Body:
        """The provider of an account; another one than the environment's own is reached by a profile or a role."""
        tags = Body("default_tags", attributes=(Attribute("tags", Expression("var.tags")),))
        here = [*alias, Attribute("region", Expression("var.region")), Attribute("allowed_account_ids", allowed)]
        blocks = [tags]
        declared = self.wiring.project.platform.environments[self.place.environment].accounts
        if found := declared.get(account):
            if found.profile:
                here.append(Attribute("profile", found.profile))
            else:
                arn = f"arn:aws:iam::{found.account}:role/{found.role}"
                blocks.append(Body("assume_role", attributes=(Attribute("role_arn", arn),)))
        return Body("provider", ("aws",), tuple(here), blocks=tuple(blocks))

    def remote_states(self) -> Iterator[Body]:
        """What this stack reads of others."""
        used = {one.call for call in self.calls for one in call.uses}
        stacks = {self.wiring.calls[call].declared.stack for call in used} - {self.stack}
        for stack in sorted(stacks):
            where = {"bucket": self.wiring.state_bucket, "key": self.state_key(stack), "region": self.place.region}
            backend = (Attribute("backend", "s3"), Attribute("config", where))
            yield Body("data", ("terraform_remote_state", stack), backend)

    def modules(self) -> Iterator[Body]:
        for call in self.calls:
            component = call.declared.component
            text = HclText(self.address, call.name)
            inputs = []
            for name, value in call.inputs():
                variable = call.variable(name)
                written = f"var.{variable}" if variable else "\n".join(text.value(value))
                inputs.append(Attribute(name, Expression(written)))
            source = [Attribute("source", f"../../modules/{component.name}")]
            if call.made.providers:
                given = {name: provider.address for name, provider in call.made.providers.items()}
                given = ({"aws": "aws"} if "aws" in call.interface.providers else {}) | given
                wide = max(map(len, given))  # names of providers are references, which no quotes may stand around
                lines = "".join(f"  {key:<{wide}} = {at}\n" for key, at in sorted(given.items()))
                source.append(Attribute("providers", Expression(f"{{\n{lines}}}")))
            shaped = [f"{setting} ({call.declared.origin(setting)})" for setting in call.shaping()]
            decided = f"It decided what is no variable{', from ' + ', '.join(shaped) if shaped else ''}."
            note = (f"{component.name} {component.version}, called in {call.declared.place}.", decided)
            yield Body("module", (call.name,), tuple(source), tuple(inputs), comment=note)

    def variables(self) -> Iterator[Body]:
        for name, description, kind in _COMMON:
            yield Body(
                "variable", (name,), (Attribute("description", description), Attribute("type", Expression(kind)))
            )
        for call in self.calls:
            for name, _ in call.inputs():
                if variable := call.variable(name):
                    of = call.interface.variables[name]
                    kind = "\n".join(line.removeprefix("  ") for line in of.type_text.split("\n"))
                    yield _variable(variable, of.description, kind)

    def values(self) -> str:
        """terraform.tfvars."""
        at = ("environments", self.place.environment)
        text = HclText(self.address)
        common = (
            Attribute("account_id", *self._account_id(at)),
            Attribute("region", self.place.region, self.wiring.project.place(*at, "region")),
            Attribute("tags", dict(sorted({**self.place.tags, **self.own_tags, "stack": self.stack}.items()))),
        )
        parts = [[self.header()], text.attributes(common)]
        for call in self.calls:
            given = [
                Attribute(variable, value, call.declared.origin(name) or "")
                for name, value in call.inputs()
                if (variable := call.variable(name))
            ]
            parts += [text.attributes(given)] if given else []
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    def _account_id(self, at: tuple[str, ...]) -> tuple[str, str]:
        """The stack's account, and where it is written."""
        if not self.account:
            return self.place.account, self.wiring.project.place(*at, "account")
        where = self.wiring.project.place(*at, "accounts", self.account)
        return self.wiring.accounts[self.account].account, where

    def outputs(self) -> Iterator[Body]:
        for call in self.calls:
            for name, output in call.interface.outputs.items():
                if name not in call.declared.component.provides and (call.name, name) not in self.wiring.used:
                    continue
                attributes = [
                    Attribute("description", output.description),
                    Attribute("value", Expression(f"module.{call.name}.{name}")),
                ]
                attributes += [Attribute("sensitive", True)] if output.sensitive else []
                yield Body("output", (f"{call.name}_{name}",), tuple(attributes))

    def imports(self) -> Iterator[Body]:
        for call in self.calls:
            for address, found in self.wiring.imports.get(f"{self.stack}/{call.name}", {}).items():
                to = Attribute("to", Expression(f"module.{call.name}.{address}"))
                yield Body("import", (), (to, Attribute("id", found)))


_BOOTSTRAP = (
    "This stack makes the bucket that its own state lies in. `lakewright apply` does it in two steps; by hand:",
    'put `backend "local" {}` in place of this, apply, put this back, `terraform init -migrate-state`.',
)
_COMMON = (
    ("account_id", "The AWS account that this stack is applied to; any other is refused.", "string"),
    ("region", "The AWS region.", "string"),
    ("tags", "Tags of every resource.", "map(string)"),
)

COMMON_VARIABLES = tuple(name for name, _, _ in _COMMON)


def _variable(name: str, description: str, kind: str) -> Body:
    return Body("variable", (name,), (Attribute("description", description), Attribute("type", Expression(kind))))


def _index(step: str | int) -> str:
    return str(step) if isinstance(step, int) else f'"{step}"'


def _plain(value: Any) -> Any:
    """A value without the difference between lists and tuples, blocks and mappings."""
    match value:
        case BaseModel():
            return _plain(value.model_dump(by_alias=True))
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case str():
            return str(value)
        case Sequence():
            return [_plain(item) for item in value]
        case _:
            return value
