"""Unity Catalog's grants: the USE chain, SELECT and MODIFY on tables, CREATE TABLE on schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Literal, cast

from lakewright.errors import SpecError
from lakewright.governance.decisions import TableFacts
from lakewright.governance.policy import Policy
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.rules import Grant as Given
from lakewright.governance.rules import fits
from lakewright.governance.targets import inexpressible
from lakewright.governance.unity_catalog.data import TARGET, Grant
from lakewright.governance.unity_catalog.text import members
from lakewright.spec.access import Targets

MODIFY = frozenset({Privilege.INSERT, Privilege.UPDATE, Privilege.DELETE})
MANAGE = frozenset({Privilege.ALTER, Privilege.DROP})


class Grants:
    """The grants of all tables, by group and user. `reading`: table → the grants that give rows of it."""

    def __init__(
        self,
        policy: Policy,
        people: Sequence[Principal],
        tables: Sequence[TableFacts],
        targets: Targets,
        at: datetime,
        catalog: str,
        reading: Mapping[str, Sequence[Given]],
    ) -> None:
        self.policy = policy
        self.people = people
        self.tables = tables
        self.targets = targets
        self.at = at
        self.catalog = catalog
        self.reading = reading

    @cached_property
    def held(self) -> dict[tuple[str, str], dict[Privilege, Given]]:
        """(member, table) → privileges, each with the grant it comes from."""
        found: dict[tuple[str, str], dict[Privilege, Given]] = {}
        for table in self.tables:
            for grant in self.policy.index.grants.on(table.name):
                if not grant.is_in_force(self.at):
                    continue
                can = grant.can & {Privilege.SELECT, Privilege.DESCRIBE} if grant.is_partial else grant.can
                if grant not in self.reading[table.name]:
                    can -= {Privilege.SELECT, Privilege.DESCRIBE}
                for member in members(self.policy, grant.to):
                    there = found.setdefault((member, table.name), {})
                    there |= {privilege: grant for privilege in can if privilege not in there}
        return found

    @cached_property
    def passed_on(self) -> set[tuple[str, str]]:
        """(member, table) that may be passed on."""
        return {
            (member, table.name)
            for table in self.tables
            for grant in self.policy.index.grants.on(table.name)
            if grant.grantable and grant.is_in_force(self.at)
            for member in members(self.policy, grant.to)
        }

    def all(self) -> Iterator[Grant]:
        """Catalog, then schemas, then tables."""
        schemas: dict[str, dict[str, None]] = {}
        tables: list[Grant] = []
        for (member, table), can in sorted(self.held.items()):
            privileges = [
                *(["SELECT"] if Privilege.SELECT in can else []),
                *(["MODIFY"] if can.keys() >= MODIFY else []),
                *(["MANAGE"] if can.keys() >= MANAGE and (member, table) in self.passed_on else []),
            ]
            if privileges:
                schemas.setdefault(member, {})[table.partition(".")[0]] = None
                tables.append(self._grant(member, "TABLE", f"{self.catalog}.{table}", *privileges))
        for member, schema in self.creators:
            schemas.setdefault(member, {})[schema] = None
        for member in schemas:
            yield self._grant(member, "CATALOG", self.catalog, "USE CATALOG")
        for member, names in schemas.items():
            for schema in sorted(names):
                makes = ["CREATE TABLE"] if (member, schema) in self.creators else []
                yield self._grant(member, "SCHEMA", f"{self.catalog}.{schema}", "USE SCHEMA", *makes)
        yield from tables

    def _grant(self, member: str, securable: Literal["CATALOG", "SCHEMA", "TABLE"], name: str, *can: str) -> Grant:
        kind, _, who = member.partition(":")
        return Grant(cast(Literal["group", "user"], kind), who, securable, name, can)

    @cached_property
    def creators(self) -> dict[tuple[str, str], None]:
        """(member, schema) where tables may be made."""
        return {
            (member, schema): None
            for schema in sorted({table.database for table in self.tables})
            for grant in self.policy.grants
            if Privilege.CREATE in grant.can and not grant.is_partial and grant.is_in_force(self.at)
            if any(_is_whole(pattern, schema) for pattern in grant.on)
            for member in members(self.policy, grant.to)
        }

    def mistakes(self) -> Iterator[SpecError]:
        """What grants cannot say."""
        for grant in self.policy.grants:
            if (grant.starts or grant.until) and self.targets.time_limits == "refuse":
                way_out = "targets: {time_limits: at_apply} makes each apply look at the clock"
                yield inexpressible(TARGET, grant.place, "has no grants with a time limit", way_out)
        yield from self._partial_rights()
        yield from self._tables_to_make()
        yield from self._denied_writing()

    def _partial_rights(self) -> Iterator[SpecError]:
        for (member, table), can in self.held.items():
            if (some := can.keys() & MODIFY) and not can.keys() >= MODIFY:
                fact = f"has one right to change rows, MODIFY, and {member} has {', '.join(sorted(some))} on {table}"
                yield inexpressible(TARGET, can[min(some)].place, fact, "grant insert, update and delete together")
            managed = can.keys() >= MANAGE and (member, table) in self.passed_on
            if (some := can.keys() & MANAGE) and not managed:
                fact = f"has one right to alter and drop, MANAGE, which also passes rights on ({member} on {table})"
                yield inexpressible(
                    TARGET, can[min(some)].place, fact, "grant both with `with_grant_option: true`, or neither"
                )
            elif (member, table) in self.passed_on and not managed:
                fact = (
                    f"lets rights be passed on through MANAGE only, which also alters and drops ({member} on {table})"
                )
                place = next(grant.place for grant in can.values() if grant.grantable)
                yield inexpressible(TARGET, place, fact, "grant alter and drop as well, or leave with_grant_option out")
            if can.keys() == {Privilege.DESCRIBE}:
                fact = f"shows a table to whom it lets read it ({member} on {table})"
                yield inexpressible(TARGET, can[Privilege.DESCRIBE].place, fact, "grant select, or nothing")

    def _tables_to_make(self) -> Iterator[SpecError]:
        for grant in self.policy.grants:
            for pattern in grant.on:
                narrow = pattern.partition(".")[2] != "*"
                if Privilege.CREATE in grant.can and not grant.is_partial and narrow:
                    fact = f"grants the making of tables for whole schemas, not for {pattern}"
                    yield inexpressible(TARGET, grant.place, fact, f"on: {pattern.partition('.')[0]}.*")

    def _denied_writing(self) -> Iterator[SpecError]:
        """There are no denials; those of reading are in the functions."""
        for deny in self.policy.denies:
            for table in self.tables:
                for principal in self.people if deny.is_on(table.name) and not deny.columns else ():
                    here = self.policy.index.grants.on(table.name)
                    mine = [grant for grant in here if not grant.to.isdisjoint(principal.subjects)]
                    given = {privilege for grant in mine if not grant.is_partial for privilege in grant.can}
                    some = given & deny.can - {Privilege.SELECT, Privilege.DESCRIBE}
                    if some and deny.concerns(principal):
                        fact = (
                            f"has no denials: {', '.join(sorted(some))} on {table.name} is granted to {principal.name}"
                        )
                        yield inexpressible(TARGET, deny.place, fact, "grant it more narrowly instead")


def _is_whole(pattern: str, schema: str) -> bool:
    database, _, tables = pattern.partition(".")
    return tables == "*" and fits(database, schema)
