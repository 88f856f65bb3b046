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
                if Privilege.SELECT in can and grant not in self.reading[table.name]:
                    can -= {Privilege.SELECT, Privilege.DESCRIBE}
                for member in members(self.policy, grant.to):
                    there = found.setdefault((member, table.name), {})
                    there |= {privilege: grant for privilege in can if privilege not in there}
        return found

    @cached_property
    def passed_on(self) -> dict[tuple[str, str], set[Privilege]]:
        """(member, table) → privileges that may be passed on."""
        found: dict[tuple[str, str], set[Privilege]] = {}
        for table in self.tables:
            for grant in self.policy.index.grants.on(table.name):
                if grant.grantable and grant.is_in_force(self.at):
                    for member in members(self.policy, grant.to):
                        held = self.held.get((member, table.name), {}).keys()
                        found.setdefault((member, table.name), set()).update(grant.can & held)
        return found

    def manages(self, member: str, table: str) -> bool:
        """Whether MANAGE is exactly what the member has: to alter, drop, and pass on everything."""
        held = self.held.get((member, table), {}).keys()
        return held >= MANAGE and self.passed_on.get((member, table)) == held

    def all(self) -> Iterator[Grant]:
        """Catalog, then schemas, then tables."""
        schemas: dict[str, dict[str, None]] = {}
        tables: list[Grant] = []
        for (member, table), can in sorted(self.held.items()):
            privileges = [
                *(["SELECT"] if Privilege.SELECT in can else []),
                *(["MODIFY"] if can.keys() >= MODIFY else []),
                *(["MANAGE"] if self.manages(member, table) else []),
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
                makes += ["MANAGE"] if self.creators.get((member, schema)) and self._manages_all(member, schema) else []
                yield self._grant(member, "SCHEMA", f"{self.catalog}.{schema}", "USE SCHEMA", *makes)
        yield from tables

    def _grant(self, member: str, securable: Literal["CATALOG", "SCHEMA", "TABLE"], name: str, *can: str) -> Grant:
        kind, _, who = member.partition(":")
        return Grant(cast(Literal["group", "user"], kind), who, securable, name, can)

    @cached_property
    def creators(self) -> dict[tuple[str, str], bool]:
        """(member, schema) where tables may be made → whether that may be passed on."""
        found: dict[tuple[str, str], bool] = {}
        for grant in self.policy.grants:
            if Privilege.CREATE not in grant.can or grant.is_partial or not grant.is_in_force(self.at):
                continue
            for schema in sorted({table.database for table in self.tables}):
                for member in members(self.policy, grant.to) if _is_on_whole(grant, schema) else ():
                    found[member, schema] = found.get((member, schema), False) or grant.grantable
        return found

    def _manages_all(self, member: str, schema: str) -> bool:
        return all(self.manages(member, table.name) for table in self.tables if table.database == schema)

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
            if not self.manages(member, table):
                yield from self._unmanageable(member, table, can)
            if can.keys() == {Privilege.DESCRIBE}:
                fact = f"shows a table to whom it lets read it ({member} on {table})"
                yield inexpressible(TARGET, can[Privilege.DESCRIBE].place, fact, "grant select, or nothing")

    def _unmanageable(self, member: str, table: str, can: Mapping[Privilege, Given]) -> Iterator[SpecError]:
        if some := can.keys() & MANAGE:
            fact = f"has one right to alter and drop, MANAGE, which also passes everything on ({member} on {table})"
            way_out = "grant all with `with_grant_option: true`, or neither alter nor drop"
            yield inexpressible(TARGET, can[min(some)].place, fact, way_out)
        elif some := self.passed_on.get((member, table), set()):
            fact = f"passes rights on through MANAGE only, which also alters and drops ({member} on {table})"
            way_out = "grant alter and drop as well, or leave with_grant_option out"
            yield inexpressible(TARGET, can[min(some)].place, fact, way_out)

    def _tables_to_make(self) -> Iterator[SpecError]:
        for (member, schema), passed_on in self.creators.items():
            if passed_on and not self._manages_all(member, schema):
                place = next(g.place for g in self.policy.grants if Privilege.CREATE in g.can and g.grantable)
                fact = f"passes the making of tables on through MANAGE of the schema only ({member} in {schema})"
                yield inexpressible(TARGET, place, fact, "can: all, or leave with_grant_option out")
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


def _is_on_whole(grant: Given, schema: str) -> bool:
    """Whether the grant is on every table of the schema, those to come among them."""
    parts = (pattern.partition(".") for pattern in grant.on)
    return any(tables == "*" and fits(database, schema) for database, _, tables in parts)
