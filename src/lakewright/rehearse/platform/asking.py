"""Athena, asked as each persona's role would: typed rows, Gold against the source, who sees which tenants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from lakewright.components.personas import persona_roles
from lakewright.errors import ProblemError
from lakewright.models import Model, Models
from lakewright.rehearse.comparison import Comparison, compare
from lakewright.rehearse.demo.truth import Truth
from lakewright.rehearse.platform.evidence import Answer, Counted
from lakewright.rehearse.platform.stage import Stage
from lakewright.rehearse.platform.waiting import until

QUERY_SECONDS = 120.0
PRIMARY = "primary"
BESIDE = 4
"""Queries at a time. Athena takes 20 by default (service quotas, "Active DML queries")."""


@dataclass(frozen=True)
class Result:
    """An answered query: rows with Python's values."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Asker:
    """Athena as one role sees it. `ask` raises ProblemError LW1382 with Athena's own reason when a query fails."""

    def __init__(self, client: Any, workgroup: str, sent: Callable[[], None] = lambda: None) -> None:
        self._client = client
        self._workgroup = workgroup
        self._sent = sent

    def ask(self, statement: str, database: str = "gold") -> Result:
        started = self._client.start_query_execution(
            QueryString=statement, WorkGroup=self._workgroup, QueryExecutionContext={"Database": database}
        )
        query = started["QueryExecutionId"]
        status = until(lambda: self._ended(query), f"query {query}", QUERY_SECONDS, pause=0.05)
        if status["State"] != "SUCCEEDED":
            raise ProblemError("LW1382", str(status.get("StateChangeReason", status["State"])), place=statement[:80])
        return self._result(query)

    def _ended(self, query: str) -> Mapping[str, Any] | None:
        status: Mapping[str, Any] = self._client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        return None if status["State"] in ("QUEUED", "RUNNING") else status

    def _result(self, query: str) -> Result:
        pages = self._client.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        columns: list[tuple[str, str]] = []
        rows: list[tuple[Any, ...]] = []
        for number, page in enumerate(pages):
            found = page["ResultSet"]
            columns = [(one["Name"], one["Type"]) for one in found["ResultSetMetadata"]["ColumnInfo"]]
            for row in found["Rows"][1 if number == 0 else 0 :]:
                cells = [one.get("VarCharValue") for one in row["Data"]]
                rows.append(tuple(_value(text, kind) for text, (_, kind) in zip(cells, columns, strict=True)))
        return Result(tuple(name for name, _ in columns), tuple(rows))


def _value(text: str | None, kind: str) -> Any:
    """A cell as Athena writes it, as the value it stands for."""
    if text is None:
        return None
    match kind:
        case "boolean":
            return text == "true"
        case "tinyint" | "smallint" | "integer" | "bigint":
            return int(text)
        case "double" | "float" | "real":
            return float(text)
        case "decimal":
            return Decimal(text)
        case "date":
            return date.fromisoformat(text)
        case "timestamp" | "timestamp with time zone":
            return datetime.fromisoformat(text.removesuffix(" UTC"))
        case _:
            return text


def administrator(stage: Stage) -> Asker:
    """The role of the platform's Lake Formation administrator, or the account's, where there is no such persona."""
    personas = stage.project.platform.access.personas
    name = next((name for name, one in personas.items() if one.administrator), None)
    return asker(stage, name)


def asker(stage: Stage, persona: str | None) -> Asker:
    """Athena as a persona's role, through AssumeRole."""
    roles = {role.subject: role.role for role in persona_roles(stage.project, stage.compiled.place)}
    arn = f"arn:aws:iam::{stage.account}:role/{roles[persona]}" if persona in roles else None
    return Asker(stage.client("athena", arn), workgroup(stage, persona))


def workgroup(stage: Stage, subject: str | None) -> str:
    """A workgroup that was deployed for a persona, or for the personas of a group; without a subject, any.

    Athena's own `primary` has no place for results, and is the last resort.
    """
    access, declared = stage.project.platform.access, stage.project.platform.query.workgroups
    mine = {subject} | {name for name, one in access.personas.items() if subject in one.groups}
    own = [name for name, one in declared.items() if name != PRIMARY and (subject is None or mine & {*one.personas})]
    return own[0] if own else PRIMARY


def count(ask: Asker, models: Models, layer: str) -> list[Counted]:
    """Rows of every stored table of a layer, and keys that occur more than once."""
    mine = [one for one in models.order() if one.name.partition(".")[0] == layer and one.kind != "view"]
    with ThreadPoolExecutor(BESIDE) as pool:
        return list(pool.map(lambda model: _counted(ask, model, layer), mine))


def _counted(ask: Asker, model: Model, layer: str) -> Counted:
    table = model.name.partition(".")[2]
    (row,) = ask.ask(f'SELECT count(*) AS n FROM "{layer}"."{table}"', layer).rows
    doubled = 0
    if model.key:
        key = ", ".join(f'"{name}"' for name in model.key)
        inner = f'SELECT 1 AS one FROM "{layer}"."{table}" GROUP BY {key} HAVING count(*) > 1'
        ((doubled,),) = ask.ask(f"SELECT count(*) AS n FROM ({inner}) d", layer).rows
    return Counted(model.name, int(row[0]), int(doubled))


def against_source(
    ask: Asker, truths: Sequence[Truth], models: Models, connection: psycopg.Connection[Any]
) -> list[Comparison]:
    """Every Gold figure as Athena gives it, held against the shop's own queries. Models that are views are not tables
    of the catalog, and left out."""
    connection.execute("set timezone = 'UTC'")
    asked = []
    for truth in [one for one in truths if models[one.table].kind != "view"]:
        with connection.cursor() as cursor:
            source = cursor.execute(truth.sql.encode()).fetchall()
            names = [column.name for column in cursor.description or ()]
        asked.append((truth, names, [tuple(_plain(value) for value in row) for row in source]))
    with ThreadPoolExecutor(BESIDE) as pool:
        answers = pool.map(lambda one: ask.ask(one[0].statement(one[1])), asked)
        return [
            compare(truth.table, truth.key, names, rows, lake.rows)
            for (truth, names, rows), lake in zip(asked, answers, strict=True)
        ]


def _plain(value: Any) -> Any:
    """PostgreSQL's instants as Athena shows them: in UTC, without a zone."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def named_queries(stage: Stage, ask: Asker) -> dict[str, str]:
    """Runs every saved query; the state of each, or Athena's reason."""
    athena = stage.client("athena")
    found: dict[str, str] = {}
    for group in [one["Name"] for one in athena.list_work_groups()["WorkGroups"]]:
        for number in athena.list_named_queries(WorkGroup=group)["NamedQueryIds"]:
            saved = athena.get_named_query(NamedQueryId=number)["NamedQuery"]
            found[saved["Name"]] = _outcome(ask, saved["QueryString"], saved["Database"])
    return found


def _outcome(ask: Asker, statement: str, database: str) -> str:
    try:
        ask.ask(statement, database)
    except ProblemError as error:
        return error.fact
    return "SUCCEEDED"


@dataclass(frozen=True)
class Question:
    """What a persona asks and, by the source's own rows, which tenants may come back; None: it must be refused."""

    persona: str
    statement: str
    database: str
    tenants: tuple[int, ...] | None
    hidden: tuple[str, ...] = ()
    """Columns that must not be in the answer."""


def interrogate(stage: Stage, questions: Sequence[Question]) -> list[Answer]:
    """Asks each question as its persona's role."""
    return [_answered(asker(stage, one.persona), one) for one in questions]


def _answered(ask: Asker, question: Question) -> Answer:
    must = tuple(str(tenant) for tenant in question.tenants or ())
    try:
        result = ask.ask(question.statement, question.database)
    except ProblemError as error:
        return Answer(question.persona, question.statement, 0, (), must, error.fact, question.tenants is None)
    place = result.columns.index("tenant_id") if "tenant_id" in result.columns else None
    sees = sorted({row[place] for row in result.rows}) if place is not None else []
    leaks = tuple(f"column {name} is shown" for name in question.hidden if name in result.columns)
    return Answer(
        persona=question.persona,
        statement=question.statement,
        rows=len(result.rows),
        sees=tuple(str(one) for one in sees),
        must_see=must,
        must_refuse=question.tenants is None,
        leaks=leaks,
    )
