"""What is wrong between the parts of `access` and `query`: names that nobody declared, limits that cannot be kept.

Each item is looked at by itself, so that a mistake in one hides none in another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from pydantic import ValidationError

from lakewright.errors import SpecError
from lakewright.spec.access import READING, Deny, Filter, Grant, MaskRule, Persona, User
from lakewright.spec.access_layers import UNREAD
from lakewright.spec.block import Block
from lakewright.spec.document import Value
from lakewright.spec.layers import did_you_mean
from lakewright.spec.query import NamedQuery, Workgroup
from lakewright.spec.rows import AmongAttribute, Named, RowsError, parse_rows, parts_of

B = TypeVar("B", bound=Block)
Path = tuple[str | int, ...]


def access_mistakes(tree: Value) -> Iterator[SpecError]:
    """All mistakes between the parts, each with its place. What is wrong within one is left to the validation."""
    checks = _Checks(tree)
    yield from checks.conditions()
    yield from checks.people()
    yield from checks.rules()
    yield from checks.salt()
    yield from checks.queries()


class _Checks:
    def __init__(self, tree: Value) -> None:
        self.tree = tree
        self.personas = self.names(("access", "personas"))
        self.users = self.names(("access", "users"))
        people = tree.find(("access", "users"))
        self.unread = people is not None and (people.place.layer == UNREAD or not isinstance(people.content, dict))
        self.whose = dict(self.mapping(("access", "personas"), Persona))
        users = dict(self.mapping(("access", "users"), User))
        named = tree.find(("access", "conditions"))
        self.named = {key: entry.value.content for key, entry in named.entries().items()} if named else {}
        in_groups = {group for user in users.values() for group in user.groups}
        self.groups = in_groups | {group for persona in self.whose.values() for group in persona.groups}
        self.attributes = {name for user in users.values() for name in user.attributes}

    def names(self, path: Path) -> list[str]:
        """The keys of a mapping, whatever is behind them."""
        found = self.tree.find(path)
        return list(found.entries()) if found else []

    def mapping(self, path: Path, block: type[B]) -> Iterator[tuple[str, B]]:
        """The valid ones of a mapping's blocks."""
        found = self.tree.find(path)
        for key, entry in (found.entries() if found else {}).items():
            yield from ((key, item) for item in _valid(entry.value, block))

    def listed(self, key: str, block: type[B]) -> Iterator[tuple[Path, B]]:
        """The valid ones of a list's blocks."""
        found = self.tree.find(("access", key))
        for number, value in enumerate(found.content if found and isinstance(found.content, list) else ()):
            yield from ((("access", key, number), item) for item in _valid(value, block))

    def wrong(self, code: str, path: Path, fact: str, hint: str) -> SpecError:
        name = ".".join(str(step) for step in path)
        return SpecError(code, f"{name}: {fact}", place=str(self.tree.nearest(path)), hint=hint)

    def people(self) -> Iterator[SpecError]:
        """Users whom a persona names, where users are declared at all."""
        for persona, block in self.whose.items() if self.users else ():
            users = [f"user:{name}" for name in block.users]
            yield from self.subjects(("access", "personas", persona, "users"), users)

    def rules(self) -> Iterator[SpecError]:
        for path, grant in self.listed("grants", Grant):
            yield from self.subjects((*path, "to"), grant.to)
            yield from self.rows((*path, "rows"), grant.rows)
            partial = grant.columns or grant.without or grant.rows
            writing = [word for word in grant.can if word not in READING]
            if partial and writing:
                fact = f"columns and rows limit reading only, and this grants {', '.join(writing)}"
                yield self.wrong("LW1003", path, fact, "grant that in an entry of its own, without them")
        for path, deny in self.listed("denies", Deny):
            yield from self.subjects((*path, "to"), deny.to)
            yield from self.subjects((*path, "except"), deny.exempt)
        for path, rule in self.listed("filters", Filter):
            yield from self.rows((*path, "rows"), rule.rows)
            yield from self.subjects((*path, "except"), rule.exempt)
        for path, mask in self.listed("masks", MaskRule):
            yield from self.subjects((*path, "except"), mask.exempt)

    def subjects(self, path: Path, written: Collection[str]) -> Iterator[SpecError]:
        for number, subject in enumerate(written):
            kind, colon, name = subject.partition(":")
            known: Mapping[str, Collection[str]] = {
                "user": self.users,
                "group": self.groups,
                "persona": self.personas,
            }
            if not colon:
                kind, name = "persona", subject
            if self.unread and kind != "persona":
                continue  # the file is told, and not everybody in it
            if subject != "everyone" and name not in known[kind]:
                others = {f"{other}:{name}": other for other in ("user", "group") if not colon and name in known[other]}
                listed = f"declared: {', '.join(sorted(known[kind])) or 'none'}"
                hint = f"did you mean {next(iter(others))}?" if others else did_you_mean(name, known[kind], listed)
                yield self.wrong("LW1002", (*path, number), f'no {kind} "{name}"', hint)

    def conditions(self) -> Iterator[SpecError]:
        for name, text in self.named.items():
            path = ("access", "conditions", name)
            if not isinstance(text, str):
                continue
            inner = self.names_in(text)
            yield from self.rows(path, text, known=[other for other in self.named if other != name])
            seen: set[str] = set()
            while inner:
                step = inner.pop()
                if step == name and seen:
                    yield self.wrong(
                        "LW1002", path, "the condition names itself, through others", "write one of them out"
                    )
                    break
                if step not in seen and isinstance(self.named.get(step), str):
                    inner += self.names_in(self.named[step])
                seen.add(step)

    def names_in(self, text: str) -> list[str]:
        try:
            return [part.name for part in parts_of(parse_rows(text)) if isinstance(part, Named)]
        except RowsError:
            return []

    def rows(self, path: Path, text: str | None, known: Collection[str] | None = None) -> Iterator[SpecError]:
        known = self.named if known is None else known
        try:
            parts = list(parts_of(parse_rows(text))) if text is not None else []
        except RowsError:
            return
        from_blueprint = self.tree.nearest(path).layer == "blueprint"  # its conditions wait for attributes
        for part in parts:
            match part:
                case Named(name) if name not in known:
                    hint = did_you_mean(name, known, f"a boolean column is compared: {name} = true")
                    yield self.wrong("LW1002", path, f'no condition "{name}"', hint)
                case AmongAttribute(_, name) if self.users and name not in self.attributes and not from_blueprint:
                    hint = did_you_mean(name, self.attributes, f"attributes: {{{name}: […]}}, at a user")
                    yield self.wrong("LW1002", path, f"no user has the attribute {name}", hint)

    def salt(self) -> Iterator[SpecError]:
        if self.tree.find(("access", "salt")) is None:
            for path, mask in self.listed("masks", MaskRule):
                if mask.kind == "hash":
                    hint = 'salt: "${LAKEWRIGHT_SALT}", under `access`'
                    yield self.wrong("LW1004", (*path, "with"), "a hash needs a salt, or it is guessed", hint)

    def queries(self) -> Iterator[SpecError]:
        for name, workgroup in self.mapping(("query", "workgroups"), Workgroup):
            yield from self.subjects(("query", "workgroups", name, "for"), workgroup.personas)
        for name, query in self.mapping(("query", "named_queries"), NamedQuery):
            known = {*self.names(("query", "workgroups")), "primary"}
            if query.workgroup not in known:
                hint = did_you_mean(query.workgroup, known, f"declared: {', '.join(sorted(known))}")
                path = ("query", "named_queries", name, "workgroup")
                yield self.wrong("LW1002", path, f'no workgroup "{query.workgroup}"', hint)


def _valid(value: Value, block: type[B]) -> Iterator[B]:
    try:
        yield block.model_validate(value.plain())
    except ValidationError:
        return
