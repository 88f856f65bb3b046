"""What a building block is: a Terraform module written by people, and the function that decides its inputs.

Nothing here reads or writes files, starts Terraform or asks AWS: a component answers with values, `infra` writes them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from lakewright.components.json_text import json_text
from lakewright.components.landscape import Landscape
from lakewright.errors import SpecError
from lakewright.models import Models
from lakewright.spec import Project


@dataclass(frozen=True)
class Output:
    """What another call's module gives after its apply: `output` of call `call`, or a part of it (`path`)."""

    call: str
    output: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class File:
    """The text of one of the call's own files, read by Terraform's `file`."""

    name: str


@dataclass(frozen=True)
class FilePath:
    """The path of one of the call's own files, for what takes a path (a Lambda's zip): "${path.module}/CALL/NAME"."""

    name: str


@dataclass(frozen=True)
class Template:
    """The text of one of the call's own files, filled in by Terraform's `templatefile` with what only it knows."""

    name: str
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Data:
    """Plain data that lies in one of the call's own files as JSON, so that the stack stays short: the component adds
    `text` to the call's files, and Terraform reads it with `jsondecode(file(…))`."""

    name: str
    content: Mapping[str, Any]

    @property
    def text(self) -> str:
        return json_text(self.content, ascii_only=False) + "\n"


HOME = "home"
"""Alias of the provider for the environment's own account, where a stack of another account needs it."""


@dataclass(frozen=True)
class Provider:
    """A configuration of a Terraform provider that a call needs beside its account's AWS.

    `kind` is `aws` (then `alias` is an account's name, "" the environment's own, and `infra` knows the settings) or
    `databricks`.
    """

    kind: str
    alias: str
    settings: Mapping[str, Value] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.kind}.{self.alias or HOME}"


Value: TypeAlias = (
    bool
    | int
    | float
    | str
    | Output
    | File
    | FilePath
    | Template
    | Data
    | Sequence["Value"]
    | Mapping[str, "Value"]
    | None
)


@dataclass(frozen=True)
class Call:
    """One use of a module: its inputs by variable, and the files that lie beside the stack (name → text, or bytes).

    `providers`: the module's name of a provider (`databricks`, `aws.dns`) → the configuration that it gets there.
    """

    inputs: Mapping[str, Value]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    providers: Mapping[str, Provider] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where one environment runs. `strict`: data and state are protected against deletion.

    `whose`: the network, or unit and kind of workspace, that a call is for; part of all its names.
    """

    platform: str
    environment: str
    account: str
    region: str
    strict: bool
    tags: Mapping[str, str]
    whose: tuple[str, ...] = ()

    def name(self, *parts: str, most: int = 64) -> str:
        """`platform-environment-part-…`, at most `most` characters; a longer one is cut and ends in a digest of it.

        Letters are lower case, everything but letters and digits becomes a hyphen (`_` too).
        """
        words = "-".join((self.platform, self.environment, *self.whose, *parts))
        whole = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
        if len(whole) <= most:
            return whole
        digest = hashlib.sha256(whole.encode()).hexdigest()[:6]
        return f"{whole[: most - 7].rstrip('-')}-{digest}"

    def bucket(self, *parts: str) -> str:
        """Name of a bucket of this environment: with the account, since bucket names are global; at most 63."""
        return f"{self.name(*parts, most=63 - 13)}-{self.account}"

    def arn(self, service: str, resource: str, *, regional: bool = True, owned: bool = True) -> str:
        """An ARN of this place; S3's and IAM's have no region, S3's no account."""
        return f"arn:aws:{service}:{self.region if regional else ''}:{self.account if owned else ''}:{resource}"


@dataclass(frozen=True)
class SourceFacts:
    """What rooms beside this one know of a source: its table mapping as DMS takes it (JSON), and, for a source that
    DMS replicates, the keys and types of its tables (`bronze.dms.DmsTable` as plain data) where they are known.
    """

    mapping: str
    tables: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Context:
    """What a component may look at: the declared platform, the place, and the other calls of this environment.

    `place` is where the call itself is: in the account of its stack (`account`, by name; "" is the environment's own).
    `calls` says which component each call uses, `homes` in which account each is, `accounts` where each account is.
    `existing` are outputs that the user named instead of having them made (`existing:` of the spec): component →
    output → value. `models` are the platform's, loaded once; `sources` what is known of each of its sources.
    `whose`: the network, or unit and workspace, that each call is for, `mine` that of this call; `landscape`: all
    networks and workspaces. `users`: component → its calls. `stacks` says in which stack each call is, `stack` in which
    this one.
    """

    project: Project
    place: Place
    calls: Mapping[str, str]
    existing: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    models: Models = field(default_factory=lambda: Models(()))
    sources: Mapping[str, SourceFacts] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, Place] = field(default_factory=dict)
    account: str = ""
    whose: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    mine: Mapping[str, str] = field(default_factory=dict)
    landscape: Landscape = field(default_factory=Landscape)
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stacks: Mapping[str, str] = field(default_factory=dict)
    stack: str = ""

    @property
    def home(self) -> Place:
        """The environment's own account."""
        return self.accounts.get("", self.place)

    def within(self, account: str, whose: Mapping[str, str] | None = None, stack: str = "") -> Context:
        """The same, as a call of that account and stack sees it, for a network, unit or workspace."""
        mine = whose or {}
        place = replace(self.accounts[account], whose=tuple(mine.values()))
        return replace(self, place=place, account=account, mine=mine, stack=stack)

    def beside(self, call: str) -> Context:
        """The same, as a call in the stack of another call sees it."""
        return replace(self, stack=self.stacks.get(call, ""))

    def has(self, component: str) -> bool:
        """Whether the environment has a call of it that may be meant here, or something existing in its place."""
        return bool(self._meant(component)) or component in self.existing

    def _meant(self, component: str) -> list[str]:
        """Calls of a component that are for what this call is for, or for all."""
        users = self.users.get(component) if self.users else [n for n, used in self.calls.items() if used == component]
        mine = self.mine
        return [
            name for name in users or () if all(mine.get(key) == one for key, one in self.whose.get(name, {}).items())
        ]

    def call_of(self, component: str) -> str | None:
        """The name of the only call of a component; None if there is none. Of several, the one that is for the same
        unit and workspace, else for all; then the only one in this stack, else in this account.

        Raises SpecError LW1301 if several could be meant.
        """
        names = self._meant(component)
        if len(names) > 1:
            closest = max(len(self.whose.get(name, {})) for name in names)
            names = [name for name in names if len(self.whose.get(name, {})) == closest]
        if len(names) > 1:
            names = [name for name in names if self.stack and self.stacks.get(name) == self.stack] or names
        if len(names) > 1:
            names = [name for name in names if self.homes.get(name, "") == self.account] or names
        if len(names) > 1:
            raise SpecError(
                "LW1301", f"{component} is used {len(names)} times ({', '.join(sorted(names))}): which one is meant?"
            )
        return names[0] if names else None

    def output_for(self, component: str, whose: Mapping[str, str], output: str, *path: str | int) -> Output:
        """A reference to an output of the call of a component that is for a network, unit or workspace.

        Raises SpecError LW1302 if there is no such call.
        """
        for name in self.users.get(component, ()):
            if self.whose.get(name, {}) == whose:
                return Output(name, output, path)
        said = " ".join(whose.values())
        hint = f"a stack with a call of {component}, `each: {list(whose)[-1]}`"
        raise SpecError("LW1302", f"nothing here provides {component}.{output} for {said}", hint=hint)

    def output(self, component: str, output: str, *path: str | int) -> Value:
        """A reference to what a component provides; the user's own value where `existing:` names one.

        Raises SpecError if nothing provides it.
        """
        given = self.existing.get(component, {})
        if output in given:
            value: Any = given[output]
            for step in path:
                try:
                    value = value[step]
                except (KeyError, IndexError, TypeError):
                    fact = f"existing.{component}.{output} has no `{step}`"
                    raise SpecError("LW1302", fact, place=self.project.place("existing", component, output)) from None
            return value  # type: ignore[no-any-return]
        call = self.call_of(component)
        if call is None:
            named = f"existing: {{{component}: {{{output}: …}}}}"
            hint = named if component in self.existing else f"add a call of {component}, or {named}"
            raise SpecError("LW1302", f"nothing here provides {component}.{output}", hint=hint)
        return Output(call, output, path)


@dataclass(frozen=True)
class Cost:
    """One thing that costs money: `quantity` units per month of `item` (`service.item`, a key of the price list)."""

    item: str
    quantity: float
    note: str = ""


@dataclass(frozen=True)
class Component:
    """A building block. `folder` holds `module/`; `settings` is what a person may write under a call in the spec.

    `call(context, name, settings)` decides the inputs of the call `name`; `costs` its monthly cost drivers.
    `provides` are the outputs that others may refer to (checked against the module's outputs.tf).
    """

    name: str
    version: str
    folder: Path
    settings: type[Any]
    call: Callable[[Context, str, Any], Call]
    provides: tuple[str, ...] = ()
    costs: Callable[[Context, Any], tuple[Cost, ...]] = lambda _context, _settings: ()

    @property
    def module(self) -> Path:
        return self.folder / "module"
