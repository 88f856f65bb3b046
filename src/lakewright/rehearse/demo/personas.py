"""One statement, asked by three people of the platform: what each may see, held against the shop's own database.

What they should see is said here a second time, by hand and in plain Python; the answers come from the governed
engine, which knows only `access:` in platform.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from lakewright.governance import identities, policy_of
from lakewright.models import dialect
from lakewright.query.audit import AuditLog
from lakewright.query.governed import GovernedSession, Governor
from lakewright.rehearse.comparison import Comparison, Row, compare
from lakewright.rehearse.demo.lake import DemoLake
from lakewright.rehearse.demo.truth import Truth

TABLE = "gold.dim_customer"
STATEMENT = f"SELECT * FROM {TABLE}"
PERSONAL = ("email", "first_name", "last_name", "phone")


@dataclass(frozen=True)
class Person:
    """Someone who asks, and a source row as they should see it: column → value, or None when the row is hidden."""

    name: str
    persona: str
    sees: Callable[[dict[str, Any]], dict[str, Any] | None]


@dataclass(frozen=True)
class Answer:
    """What one person got. `sample`: the first customer, by number, that a mask or an exclusion is about."""

    person: str
    persona: str
    rows: int
    columns: int
    sample: dict[str, Any]
    comparison: Comparison


def _masked(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "email": _email(row["email"]), "phone": row["phone"] and "***" + row["phone"][-4:]}


def _email(address: str | None) -> str | None:
    if address is None:
        return None
    return f"{address[0]}***@{address.rsplit('@', 1)[1]}" if re.fullmatch(r"[^@].*@[^@]+", address) else "***"


def _impersonal(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in PERSONAL}


PEOPLE = (
    Person("erin", "DataEngineer", _masked),
    Person("ana", "DataAnalyst", _impersonal),
    Person("tom", "TenantSpecificAnalyst", lambda row: _impersonal(row) if row["tenant_id"] == 1 else None),
)


def ask_everyone(lake: DemoLake, truths: Sequence[Truth], connection: psycopg.Connection[Any]) -> tuple[Answer, ...]:
    """The three answers. `connection` looks at the source as it was at Gold's position."""
    truth = next(one for one in truths if one.table == TABLE)
    with connection.cursor() as cursor:
        found = cursor.execute(truth.sql.encode()).fetchall()
        names = [column.name for column in cursor.description or ()]
    source = [dict(zip(names, row, strict=True)) for row in found]
    project = lake.project
    policy = policy_of(project)
    users = identities(project.platform.access, policy)
    state = project.state_dir
    governor = Governor(
        lake.governed, lambda: policy, AuditLog(state / "audit", state / "audit.head"), preludes=(dialect.MACROS,)
    )
    try:
        return tuple(_ask(GovernedSession(governor, users[one.name]), one, truth.key, source) for one in PEOPLE)
    finally:
        governor.close()


def _ask(session: GovernedSession, person: Person, key: Sequence[str], source: Sequence[dict[str, Any]]) -> Answer:
    got = session.run(STATEMENT).rows
    expected = [seen for row in source if (seen := person.sees(row)) is not None]
    columns = list(expected[0]) if expected else got.column_names
    comparison = compare(f"{TABLE} as {person.name}", key, columns, _tuples(expected), _rows(got, columns))
    first = min(got.to_pylist(), key=lambda row: row["customer_id"], default={})
    sample = {name: first[name] for name in ("customer_id", "tenant_id", *PERSONAL) if name in first}
    return Answer(person.name, person.persona, got.num_rows, got.num_columns, sample, comparison)


def _tuples(rows: Sequence[dict[str, Any]]) -> list[Row]:
    return [tuple(row.values()) for row in rows]


def _rows(got: Any, columns: Sequence[str]) -> list[Row]:
    """Rows of an answer whose columns are these; a column too many or too few differs in every row."""
    order = columns if set(columns) == set(got.column_names) else got.column_names
    return list(zip(*(got.column(name).to_pylist() for name in order), strict=True))
