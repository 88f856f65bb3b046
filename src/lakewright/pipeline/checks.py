"""Checks on the rows a model computes: what fails is counted, put aside, or stops the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lakewright.engines import Session
from lakewright.errors import ProblemError
from lakewright.models.expectations import OUTPUT, expectation_sql
from lakewright.models.types import duckdb_type
from lakewright.pipeline.prepared import Prepared
from lakewright.pipeline.report import CheckResult
from lakewright.pipeline.sql import columns, identifier, literal
from lakewright.pipeline.translations import Translations

COMPUTED, GOOD, BAD = "_computed", "_good", "_bad"


@dataclass(frozen=True, slots=True)
class Checked:
    """`good` is the relation of rows that may enter the table; `_bad` holds the others, `quarantined` of them."""

    rows: int
    good: str
    quarantined: int
    results: tuple[CheckResult, ...]


def checked_sql(prepared: Prepared, translations: Translations, now: datetime) -> str:
    """A SELECT of the rows in `_output` with one boolean column per check. NULL counts as failed."""
    checks = tuple(check.expect for check in prepared.model.checks)
    schema = {column.name: column.type for column in prepared.shape.columns}
    return translations.sql(expectation_sql(prepared.shape.names, checks), {OUTPUT: schema}, now)


def compute(session: Session, prepared: Prepared, output: str, checked: str) -> Checked:
    """Runs the model, which is the SELECT `output`, through its checks (`checked_sql`).

    Raises ProblemError LW711 when a `fail` check finds a row, LW712 when two rows have one key; nothing was written
    then.
    """
    checks = prepared.model.checks
    session.run(f"CREATE OR REPLACE TEMP TABLE {COMPUTED} AS WITH {OUTPUT} AS NOT MATERIALIZED ({output}) {checked}")
    counts = session.rows(
        f"SELECT count(*), {_doubles(prepared)}"
        + "".join(f", count(*) FILTER (NOT _check_{at})" for at in range(len(checks)))
        + f" FROM {COMPUTED}"
    )[0]
    rows, doubles, failed = int(counts[0]), int(counts[1] or 0), [int(count) for count in counts[2:]]
    results = tuple(
        CheckResult(check.name, check.on_failure, count, check.message)
        for check, count in zip(checks, failed, strict=True)
    )
    if doubles:
        raise _not_unique(session, prepared)
    for check, count in zip(checks, failed, strict=True):
        if check.on_failure == "fail" and count:
            raise _stopped(session, prepared, check.name, check.message, count, checks.index(check))
    putting_aside = [at for at, check in enumerate(checks) if check.on_failure == "quarantine" and failed[at]]
    if not putting_aside:
        return Checked(rows, COMPUTED, 0, results)
    aside = _put_aside(session, prepared, putting_aside)
    return Checked(rows, GOOD, aside, results)


def _put_aside(session: Session, prepared: Prepared, failing: Sequence[int]) -> int:
    passed = " AND ".join(f"_check_{at}" for at in failing)
    names = columns(prepared.shape.names)
    reasons = ", ".join(
        f"CASE WHEN NOT _check_{at} THEN {literal(prepared.model.checks[at].name)} END" for at in failing
    )
    session.run(f"CREATE OR REPLACE TEMP TABLE {GOOD} AS SELECT {names} FROM {COMPUTED} WHERE {passed}")
    session.run(
        f"CREATE OR REPLACE TEMP TABLE {BAD} AS SELECT {names}, "
        f"list_filter([{reasons}], lambda reason: reason IS NOT NULL) AS _reasons FROM {COMPUTED} WHERE NOT ({passed})"
    )
    return int(session.rows(f"SELECT count(*) FROM {BAD}")[0][0])


def quarantine_sql(prepared: Prepared, run: str, at: str) -> str:
    """A SELECT of the rows in `_bad` as the quarantine table keeps them."""
    return (
        f"SELECT {literal(prepared.name)} AS _model, {json_text(prepared.scope)} AS _scope, "
        f"{json_text(prepared.model.key)} AS _key, _reasons, {json_text(prepared.shape.names)} AS _row, "
        f"{literal(run)} AS _run, {literal(at)}::TIMESTAMPTZ AS _at FROM {BAD}"
    )


def json_text(names: Sequence[str]) -> str:
    """An expression that gives a JSON object of some columns, as text."""
    pairs = ", ".join(f"{literal(name)}, {identifier(name)}" for name in names)
    return f"CAST(json_object({pairs}) AS VARCHAR)"


def from_json_text(expression: str, name: str, kind: str) -> str:
    """The value of one column in such a text."""
    pointer = literal("/" + name.replace("~", "~0").replace("/", "~1"))
    return f"CAST(json_extract_string({expression}, {pointer}) AS {duckdb_type(kind)})"


def _doubles(prepared: Prepared) -> str:
    """Rows too many for the key to be unique; 0 for models without one."""
    if not prepared.model.key:
        return "0"
    return f"count(*) - count(DISTINCT row({columns(prepared.model.key)}))"


def _not_unique(session: Session, prepared: Prepared) -> ProblemError:
    key = columns(prepared.model.key)
    example = session.rows(
        f"SELECT {json_text(prepared.model.key)} FROM {COMPUTED} GROUP BY {key} HAVING count(*) > 1 LIMIT 1"
    )[0][0]
    return ProblemError(
        "LW712",
        f"two rows of {prepared.name} have the key {example}",
        place=prepared.model.place,
        hint="make the SQL give one row per key, or declare a longer key",
    )


def _stopped(session: Session, prepared: Prepared, name: str, message: str, count: int, at: int) -> ProblemError:
    names = prepared.model.key or prepared.shape.names
    example = session.rows(f"SELECT {json_text(names)} FROM {COMPUTED} WHERE NOT _check_{at} LIMIT 1")[0][0]
    return ProblemError(
        "LW711",
        f"check {name} of {prepared.name} failed on {count} rows, for example {example}"
        + (f": {message}" if message else ""),
        place=prepared.model.place,
        hint="nothing was written; correct the source or the model and run again",
    )
