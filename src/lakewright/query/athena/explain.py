"""EXPLAIN: the plan of the engine that runs here, which is not Trino's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pyarrow as pa

from lakewright.query.athena.sql import SqlError, Statement

_COUNT = re.compile("(?<=│) +~[0-9,]+ rows? +(?=[│├])")
_EMPTY = re.compile("[│ ]*")


def check_explainable(statement: Statement) -> None:
    """Raises SqlError for the forms that only Trino's planner could answer."""
    options = dict(statement.options)
    kind, form = options.pop("TYPE", "LOGICAL"), options.pop("FORMAT", "TEXT")
    if options:
        raise SqlError("NOT_SUPPORTED", f"EXPLAIN {' '.join(options)} is not supported by this local Athena")
    if kind not in ("LOGICAL", "DISTRIBUTED", "VALIDATE") or form != "TEXT":
        raise SqlError("NOT_SUPPORTED", f"EXPLAIN (TYPE {kind}, FORMAT {form}) is not supported by this local Athena")


def explained(statement: Statement, batches: Iterable[pa.RecordBatch]) -> Iterator[str]:
    """The lines of the answer; only `true` for TYPE VALIDATE. A plan is the last column of each row."""
    validate = statement.options.get("TYPE") == "VALIDATE"
    if validate:
        yield "true"
    for batch in batches:
        for plan in batch.column(batch.num_columns - 1).to_pylist():
            yield from () if validate else _without_counts(str(plan).rstrip("\n").split("\n"))
    yield ""


def _without_counts(lines: Iterable[str]) -> list[str]:
    """The plan was made over empty tables, so that no hidden row has a part in it: its row counts mean nothing."""
    kept: list[str] = []
    for line in lines:
        without = _COUNT.sub(lambda found: " " * len(found[0]), line)
        if without != line and _EMPTY.fullmatch(without):
            if kept and _EMPTY.fullmatch(kept[-1]):
                kept.pop()
            continue
        kept.append(without)
    return kept
