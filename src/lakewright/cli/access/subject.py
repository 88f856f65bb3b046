"""What the `access` commands are asked about: the policy, people, a table and perhaps a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from lakewright.cli.access.tables import table_facts
from lakewright.cli.output import Invocation
from lakewright.cli.workspace import Workspace
from lakewright.errors import SpecError
from lakewright.governance import (
    Allowed,
    Policy,
    Principal,
    TableFacts,
    identities,
    persona_principal,
    policy_of,
    principal_named,
)
from lakewright.governance.questions import condition_text
from lakewright.spec import Project
from lakewright.spec.layers import did_you_mean


@dataclass(frozen=True)
class Governed:
    """A project with its rules, people and tables."""

    project: Project

    @classmethod
    def of(cls, invocation: Invocation) -> Governed:
        """Raises Mistakes."""
        return cls(invocation.project())

    @cached_property
    def policy(self) -> Policy:
        return policy_of(self.project)

    @cached_property
    def principals(self) -> Mapping[str, Principal]:
        """Users by name, then each persona as somebody who has nothing else."""
        users = identities(self.project.platform.access, self.policy)
        personas = [persona_principal(name) for name in self.policy.personas]
        return dict(users) | {principal.name: principal for principal in personas}

    @cached_property
    def users(self) -> Mapping[str, Principal]:
        return identities(self.project.platform.access, self.policy)

    @cached_property
    def tables(self) -> Mapping[str, TableFacts]:
        workspace = Workspace(self.project)
        return table_facts(workspace.models, workspace.bronze_schemas())

    def principal(self, name: str) -> Principal:
        return principal_named(self.project.platform.access, self.policy, name)

    def object(self, name: str) -> tuple[TableFacts, str | None]:
        """`silver.customer`, or a column of it: `silver.customer.email`. Raises SpecError LW1007."""
        table, _, column = name.rpartition(".") if name.count(".") == 2 else (name, "", "")
        facts = self.tables.get(table.lower())
        if facts is None:
            hint = did_you_mean(table, self.tables, "tables are database.table, such as silver.customer")
            raise SpecError("LW1007", f"there is no table {table}", hint=hint)
        if not column:
            return facts, None
        own = {known.lower(): known for known in facts.columns}
        if column.lower() not in own:
            hint = did_you_mean(column, facts.columns, "columns: " + ", ".join(facts.columns))
            raise SpecError("LW1007", f"{table} has no column {column}", hint=hint)
        return facts, own[column.lower()]


def moment(text: str | None) -> datetime:
    """`--at`: a date or time, in UTC without an offset; now by default."""
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        hint = "--at 2026-12-31, or --at 2026-12-31T18:00"
        raise SpecError("LW900", f'"{text}" is no date or time', hint=hint) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def allowed_data(decision: Allowed) -> dict[str, Any]:
    """A permission for --json."""
    return {
        "columns": decision.columns,
        "rows": None if decision.rows is None else condition_text(decision.rows),
        "cells": {column: condition_text(rows) for column, rows in decision.cells.items()},
        "masks": {column: mask.kind for column, mask in decision.masks.items()},
        "grantable": decision.grantable,
        "because": decision.because,
    }
