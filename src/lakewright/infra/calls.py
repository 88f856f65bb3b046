"""The calls of one environment, as declared: the blueprint's and platform.yaml's settings under its own overrides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from lakewright.components.component import Component, Place
from lakewright.components.registry import NAMES
from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.infra.each import WHOLE, Part, Standing, layered, parts
from lakewright.spec import Project
from lakewright.spec.document import Entry, Text, Value
from lakewright.spec.document import Place as Written
from lakewright.spec.explain import explained
from lakewright.spec.layers import did_you_mean, overlay

Find: TypeAlias = Callable[[str], Component]
"""The component of a name; KeyError if there is none."""

STATE = "state"
"""Name of the stack, call and component that hold Terraform's state; in every environment, declared or not."""
RESERVED = ("use", "each_source", "any_source")
"""Keys of a call that are the compiler's and no settings of its component."""


@dataclass(frozen=True)
class Declared:
    """One call with its checked settings. `tree` knows where each setting was written, `place` where the call was;
    `account` is the name of its stack's ("": the environment's own)."""

    name: str
    stack: str
    component: Component
    settings: Any
    tree: Value
    place: str
    account: str = ""
    standing: Standing = field(default_factory=lambda: Standing(""))

    def settings_fields(self) -> Iterator[tuple[str, FieldInfo]]:
        """The settings that the component knows."""
        yield from self.component.settings.model_fields.items()

    def origin(self, setting: str) -> str | None:
        """`file:line` of a setting; None for a default."""
        found = self.tree.find((setting,))
        return None if found is None else str(found.place)

    def written(self, value: Any, setting: str) -> str:
        """`file:line` of a value: where its text stands in the settings, else of the setting, else the call's."""
        texts = set(_texts(value))
        found = next((place for text, place in _scalars(self.tree) if text in texts), None)
        return str(found) if found else self.origin(setting) or self.place


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)


def _scalars(tree: Value) -> Iterator[tuple[str, Written]]:
    match tree.content:
        case str() as text:
            yield text, tree.place
        case dict() as entries:
            for entry in entries.values():
                yield from _scalars(entry.value)
        case list() as items:
            for item in items:
                yield from _scalars(item)


@dataclass(frozen=True)
class Declaration:
    """What one environment consists of: its calls, what exists, the stacks declared to come first (each with the
    reason), imports.

    `accounts`: name → the environment there; "" is its own account.
    """

    place: Place
    calls: Mapping[str, Declared]
    existing: Mapping[str, Mapping[str, Any]]
    after: Mapping[str, Mapping[str, str]]
    imports: Mapping[str, Mapping[str, str]]
    accounts: Mapping[str, Place] = field(default_factory=dict)

    @property
    def standings(self) -> dict[str, Standing]:
        """Stack → the declared one that it is, or is a part of."""
        return {call.stack: call.standing for call in self.calls.values()}

    @property
    def homes(self) -> dict[str, str]:
        """Call → the name of its account."""
        return {name: call.account for name, call in self.calls.items()}


MODULES = "modules"
"""Folder of the modules, beside those of the environments."""

_TAG = re.compile(r"[\w .:/=+@-]{1,256}")
"""What every service takes as a tag's value (AWS Tagging User Guide, "Tag naming limits and requirements")."""


def place_of(project: Project, environment: str) -> Place:
    """Where an environment runs. Raises SpecError LW1304 if it is not declared or has no account or region."""
    declared = project.platform.environments
    if environment not in declared or environment == "local":
        known = [name for name in declared if name != "local"]
        fact = "`local` is this machine" if environment == "local" else f'no environment "{environment}"'
        hint = did_you_mean(environment, known, f"declared: {', '.join(known)}" if known else _ENVIRONMENT)
        raise SpecError("LW1304", fact, place=project.place("environments"), hint=hint)
    found = declared[environment]
    at = project.place("environments", environment)
    if found.account is None or found.region is None:
        lacking = " and ".join(key for key in ("account", "region") if getattr(found, key) is None)
        raise SpecError("LW1304", f'environment "{environment}" has no {lacking}', place=at, hint=_ENVIRONMENT)
    if environment == MODULES:
        raise SpecError(
            "LW1313", f"infra/{MODULES} holds the modules", place=at, hint="another name of the environment"
        )
    tags = {
        "environment": environment,
        "managed-by": "lakewright",
        "owner": project.platform.owner or project.platform.platform,
        "platform": project.platform.platform,
    }
    for tag, text in tags.items():
        if not _TAG.fullmatch(text):
            fact = f'"{text}" is no value of the tag {tag}'
            hint = "letters, digits, spaces and _ . : / = + - @, at most 256"
            raise SpecError("LW1313", fact, place=project.place(tag), hint=hint)
    strict = found.protection == "strict"
    return Place(project.platform.platform, environment, found.account, found.region, strict, tags)


_ENVIRONMENT = 'dev: {account: "111111111111", region: us-east-1}'


def declaration(project: Project, environment: str, find: Find) -> Declaration:
    """The calls of an environment. Raises Mistakes with all that is wrong in them."""
    place = place_of(project, environment)
    mistakes: list[LakewrightError] = []
    existing = _merged(project, environment, "existing")
    mistakes += _unknown_existing(existing, find)
    calls = {}
    for one in _declared(project, environment, mistakes):
        found = _call(one, find, mistakes)
        if found is not None and found.component.name not in existing:
            calls[one.name] = found
    if not project.platform.infra.stacks:
        hint = "a blueprint has them; or infra: {stacks: {foundation: {calls: {network: {use: networking}}}}}"
        mistakes.append(SpecError("LW1304", "no infra.stacks are declared", place=project.place("infra"), hint=hint))
    if STATE not in calls and STATE not in existing and not mistakes:
        at = project.tree.nearest(("environments", environment))
        state = _call(_Found(STATE, STATE, Value({}, at), at), find, mistakes)
        calls = ({STATE: state} if state else {}) | calls
    stacks = {call.stack: call.standing for call in calls.values()}
    mistakes += _unknown_stacks(project)
    after = layered(project, stacks)
    accounts = _accounts(project, place, calls.values(), mistakes)
    imports = _merged(project, environment, "imports")
    mistakes += _lost_imports(imports, calls)
    if mistakes:
        raise Mistakes(mistakes)
    return Declaration(place, calls, existing, after, imports, accounts)


def _accounts(
    project: Project, place: Place, calls: Iterable[Declared], mistakes: list[LakewrightError]
) -> dict[str, Place]:
    """The environment's accounts by name. A stack that names another is a mistake, told once.

    A misspelt name is one that no stack uses: `nonprod` is not there where stacks are for `prod` as well.
    """
    declared = project.platform.environments[place.environment].accounts
    accounts = {"": place} | {name: replace(place, account=one.account) for name, one in declared.items()}
    wanted = dict.fromkeys((call.stack, call.account) for call in calls)
    free = declared.keys() - {account for _, account in wanted}
    for stack, account in wanted:
        if account not in accounts:
            known = did_you_mean(account, free, f'accounts: {{{account}: "222222222222"}} in the environment')
            fact = f'stack {stack} is for the account "{account}", which environment {place.environment} does not name'
            at = project.place("infra", "stacks", stack, "account")
            mistakes.append(SpecError("LW1304", fact, place=at, hint=known))
    return accounts


@dataclass(frozen=True)
class _Found:
    """A call as the layers of the spec declare it: the stack it is in, its settings, where it stands, its account."""

    stack: str
    name: str
    value: Value
    at: Written
    account: str = ""
    part: Part = WHOLE

    @property
    def standing(self) -> Standing:
        return Standing(self.stack.removesuffix(self.part.stack), self.part)


def _declared(project: Project, environment: str, mistakes: list[LakewrightError]) -> Iterator[_Found]:
    """The calls with the environment's settings over them; those that are left out are not among them."""
    overrides = project.tree.find(("environments", environment, "infra"))
    own = dict(overrides.entries()) if overrides else {}
    seen: dict[str, _Found] = {}
    for found in _in_stacks(project):
        if found.name in seen:
            other = seen[found.name]
            fact = f"the call `{found.name}` is in stack {other.stack} ({other.at}) and in {found.stack}"
            hint = f"rename one: {found.name}_{found.stack}: {{use: …}}"
            mistakes.append(SpecError("LW1305", fact, place=str(found.at), hint=hint))
            continue
        seen[found.name] = found
        for one in _each(project, _over(found, own), mistakes):
            seen[one.name] = found
            with_own = one if one.name == found.name else _over(one, own)
            if with_own.value.content is not False:
                yield with_own
    for name, entry in own.items():
        if name not in seen:
            hint = did_you_mean(name, seen, f"calls: {', '.join(sorted(seen)) or 'none'}")
            mistakes.append(SpecError("LW1305", f"no call `{name}`", place=str(entry.place), hint=hint))


def _in_stacks(project: Project) -> Iterator[_Found]:
    stacks = project.tree.find(("infra", "stacks"))
    for stack, listed in (stacks.entries() if stacks else {}).items():
        calls = listed.value.find(("calls",))
        for name, entry in (calls.entries() if calls else {}).items():
            yield _Found(stack, name, entry.value, entry.place)


def _over(found: _Found, own: Mapping[str, Entry]) -> _Found:
    entry = own.get(found.name)
    return replace(found, value=overlay(found.value, entry.value)) if entry else found


def _each(project: Project, found: _Found, mistakes: list[LakewrightError]) -> Iterator[_Found]:
    """The call in each part of its stack, and there for each source."""
    for part in parts(project, found.stack):
        value = part.named(found.value, found.name, found.at) if part.whose else found.value
        one = replace(found, stack=found.stack + part.stack, name=found.name + part.call, value=value, part=part)
        yield from _each_source(project, replace(one, account=part.account or ""), mistakes)


def _each_source(project: Project, found: _Found, mistakes: list[LakewrightError]) -> Iterator[_Found]:
    """The call itself; with `each_source` one call NAME_SOURCE for every source that is replicated in that way, with
    `any_source` the call only if there is such a source."""
    each, some = found.value.find(("each_source",)), found.value.find(("any_source",))
    by = each or some
    if by is None:
        yield found
        return
    key = "each_source" if each else "any_source"
    if by.content not in ("dms", "lakewright"):
        fact = f"{found.name}.{key} must be 'dms' or 'lakewright'"
        mistakes.append(SpecError("LW107", fact, place=str(by.place), hint="as in `replication` of the sources"))
    sources = [name for name, one in project.platform.sources.items() if one.replication == by.content]
    if each is None and sources:
        yield found
    for source in sources if each else ():
        entries = dict(found.value.entries())
        use = entries.setdefault("use", Entry(found.at, Value(found.name, found.at)))
        named = Entry(by.place, Value(source, by.place))
        value = Value({"use": use, **entries, "source": named}, found.value.place)
        yield replace(found, name=f"{found.name}_{source}", value=value)


def _call(found: _Found, find: Find, mistakes: list[LakewrightError]) -> Declared | None:
    value = found.value
    use = value.find(("use",))
    used = use.content if use is not None else found.name
    where = str(use.place if use is not None else found.at)
    try:
        component = find(used if isinstance(used, str) else "")
    except KeyError:
        mistakes.append(_no_component(used, where))
        return None
    settings = Value({key: entry for key, entry in value.entries().items() if key not in RESERVED}, value.place)
    try:
        checked = component.settings.model_validate(settings.plain())
    except ValidationError as error:
        mistakes += explained(error, settings, component.settings, (found.name,))
        return None
    at = str(found.at)
    return Declared(found.name, found.stack, component, checked, settings, at, found.account, found.standing)


def _merged(project: Project, environment: str, key: str) -> dict[str, dict[str, Any]]:
    """`existing` or `imports` of all environments under those of this one."""
    common = project.tree.find((key,))
    own = project.tree.find(("environments", environment, key))
    trees = [tree for tree in (common, own) if tree is not None]
    merged = trees[0] if len(trees) == 1 else overlay(*trees) if trees else None
    return {
        Text(name, entry.place): {
            Text(key, inner.place): inner.value.plain() for key, inner in entry.value.entries().items()
        }
        for name, entry in (merged.entries() if merged else {}).items()
    }


def _unknown_existing(existing: Mapping[str, Mapping[str, Any]], find: Find) -> Iterator[SpecError]:
    """Components and outputs that there are none of. The names are `Text`, with their places."""
    for name, outputs in existing.items():
        place = str(name.place) if isinstance(name, Text) else ""
        try:
            provided = find(name).provides
        except KeyError:
            yield _no_component(name, place)
            continue
        for output in outputs:
            if output not in provided:
                where = str(output.place) if isinstance(output, Text) else place
                hint = did_you_mean(output, provided, f"{name} provides {', '.join(provided)}")
                yield SpecError("LW1307", f"{name} has no output `{output}`", place=where, hint=hint)


def _no_component(name: object, place: str) -> SpecError:
    hint = did_you_mean(str(name), NAMES, "components: " + ", ".join(NAMES))
    return SpecError("LW1303", f'no component "{name}"', place=place, hint=hint)


def _unknown_stacks(project: Project) -> Iterator[SpecError]:
    declared = project.platform.infra.stacks
    for name, stack in declared.items():
        for index, other in enumerate(stack.after):
            if other not in declared and other != STATE:
                place = project.place("infra", "stacks", name, "after", index)
                hint = did_you_mean(other, declared, f"stacks: {', '.join(declared)}")
                yield SpecError("LW1306", f'no stack "{other}"', place=place, hint=hint)


def _lost_imports(imports: Mapping[str, Mapping[str, str]], calls: Mapping[str, Declared]) -> Iterator[SpecError]:
    known = [f"{call.stack}/{call.name}" for call in calls.values()]
    for address in imports:
        if address not in known:
            place = str(address.place) if isinstance(address, Text) else ""
            hint = did_you_mean(address, known, f"calls: {', '.join(sorted(known))}")
            yield SpecError("LW1305", f'no call "{address}" to import into', place=place, hint=hint)
