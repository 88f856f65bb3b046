"""Glue job: new Parquet files of `processed/` are checked row by row; what is good goes to `curated/`.

Rules by dataset (a JSON file): `key` (columns that name a row, once in a file), `required` (never null), `ranges`
(column → lowest and highest, null: no limit), `at_least` (the share of rows that must pass, 0.95). Bad rows go to
`_quarantine/` with the reason. A file of which too little passes is not published, stays new, and fails the run.
"""

from __future__ import annotations

import io
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from lake_files import Bookmark, Folder, Found, arguments, say  # type: ignore[import-not-found] # beside it in Glue
from pyarrow import parquet

AT_LEAST = 0.95


def main(argv: list[str], client: Any) -> int:
    """Exit code 1 when a file was not good enough; the report says which, and why."""
    began = time.monotonic()
    said = arguments(argv, "reports", "rules")
    source, target = Folder(client, said.source), Folder(client, said.target)
    rules = _rules(client, said.rules)
    bookmark = Bookmark(target, said.JOB_NAME, said.job_bookmark_option)
    report: dict[str, Any] = {"job": said.JOB_NAME, "run": said.JOB_RUN_ID, "files": {}}
    for found in sorted(source.files(), key=lambda one: one.key):
        if bookmark.is_new(found):
            report["files"][found.key] = outcome = check(source, target, found, rules.get(found.dataset, {}))
            if outcome["published"]:
                bookmark.passed(found)
    bookmark.keep()
    failed = sorted(key for key, outcome in report["files"].items() if not outcome["published"])
    if said.reports and report["files"]:
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S")
        Folder(client, said.reports).write_json(f"{said.JOB_NAME}/{moment}.json", report)
    least = min((outcome["passed"] for outcome in report["files"].values()), default=None)
    say(
        "checked",
        job=said.JOB_NAME,
        seconds=round(time.monotonic() - began, 1),
        files=len(report["files"]),
        failed=failed,
        unpublished=len(failed),
        quality=None if least is None else round(100 * least, 2),
    )
    return 1 if failed else 0


def _rules(client: Any, uri: str) -> dict[str, Any]:
    if not uri:
        return {}
    folder, _, name = uri.rpartition("/")
    found: dict[str, Any] = Folder(client, folder).read_json(name)
    return found


def check(source: Folder, target: Folder, found: Found, rules: Mapping[str, Any]) -> dict[str, Any]:
    """Publishes one file's good rows and puts the bad ones aside; rows, and how many failed which rule."""
    table = parquet.read_table(io.BytesIO(source.read(found.key)))
    reasons = broken_rules(table, rules)
    bad = [bool(reason) for reason in reasons]
    counts = Counter(rule for reason in reasons for rule in reason)
    passed = (len(bad) - sum(bad)) / len(bad) if bad else 1.0
    outcome = {"rows": len(bad), "bad": sum(bad), "broken": dict(counts), "passed": round(passed, 4)}
    if passed < rules.get("at_least", AT_LEAST):
        return outcome | {"published": False}
    if any(bad):
        told = pa.array(["; ".join(reason) for reason in reasons])
        put_aside = table.append_column("_reason", told).filter(pa.array(bad))
        target.write(f"_quarantine/{found.key}", _parquet(put_aside))
    target.write(found.key, _parquet(table.filter(pa.array([not one for one in bad]))))
    return outcome | {"published": True}


def broken_rules(table: pa.Table, rules: Mapping[str, Any]) -> list[list[str]]:
    """For each row, the rules that it breaks. A column that is missing is null in every row."""
    broken: list[list[str]] = [[] for _ in range(table.num_rows)]
    for column in dict.fromkeys([*rules.get("key", []), *rules.get("required", [])]):
        for row, value in enumerate(_values(table, column)):
            if value is None:
                broken[row].append(f"{column} is null")
    for column, (lowest, highest) in rules.get("ranges", {}).items():
        for row, value in enumerate(_values(table, column)):
            too_low = value is not None and lowest is not None and value < lowest
            if too_low or (value is not None and highest is not None and value > highest):
                broken[row].append(f"{column} is out of range")
    if rules.get("key"):
        seen: set[tuple[Any, ...]] = set()
        for row, key in enumerate(zip(*(_values(table, column) for column in rules["key"]), strict=True)):
            if key in seen:
                broken[row].append("key is not unique")
            seen.add(key)
    return broken


def _values(table: pa.Table, column: str) -> list[Any]:
    return table.column(column).to_pylist() if column in table.column_names else [None] * table.num_rows


def _parquet(table: pa.Table) -> bytes:
    made = io.BytesIO()
    parquet.write_table(table, made, compression="snappy")
    return made.getvalue()


if __name__ == "__main__":
    import boto3

    code = main(sys.argv[1:], boto3.client("s3"))
    if code:
        sys.exit(code)  # Glue takes any SystemExit, even of 0, for a failure
