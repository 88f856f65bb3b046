"""Records the dialect's vectors from a real Trino.

    TRINO_HOME=… TRINO_JAVA_HOME=… python -m tests.query.athena.sql.record [topic …]

Topics are those of vector_cases.py, `held_out`, `tpch`, `tpch_data` and `functions`. Only what is not in the files yet
is asked; remove a file to record all of it anew.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.query.athena.sql.fixture_tables import DATABASE, TABLES, trino_create
from tests.query.athena.sql.held_out_cases import HELD_OUT
from tests.query.athena.sql.tpch import QUERIES, TABLE_COLUMNS, write_table
from tests.query.athena.sql.trino_server import Answer, Trino, running
from tests.query.athena.sql.vector_cases import cases

VECTORS = Path(__file__).with_name("vectors")


def read(topic: str) -> list[dict[str, Any]]:
    """A topic's vectors: `sql` with `columns` (name, type) and `rows`, or `error` (name, message)."""
    file = VECTORS / f"{topic}.jsonl.gz"
    if not file.exists():
        return []
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().splitlines()]


def write(topic: str, vectors: Iterable[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(vector, ensure_ascii=False) + "\n" for vector in vectors)
    VECTORS.mkdir(exist_ok=True)
    (VECTORS / f"{topic}.jsonl.gz").write_bytes(gzip.compress(lines.encode(), 9, mtime=0))


def vector(sql: str, answer: Answer) -> dict[str, Any]:
    if answer.error is not None:
        return {"sql": sql, "error": [answer.error[0], answer.error[1].replace("memory.", "awsdatacatalog.")]}
    return {"sql": sql, "columns": [list(one) for one in answer.columns], "rows": [list(row) for row in answer.rows]}


def statements(topic: str) -> list[str]:
    if topic == "held_out":
        return [line for line in HELD_OUT.strip().splitlines() if line.strip()]
    return list(QUERIES.values()) if topic == "tpch" else cases()[topic]


def record(trino: Trino, topic: str) -> None:
    where = ("tpch", "tiny") if topic == "tpch" else ("memory", DATABASE)
    known = {one["sql"]: one for one in read(topic)}
    wanted = statements(topic)
    missing = [sql for sql in wanted if sql not in known]
    with ThreadPoolExecutor(4) as pool:
        for sql, answer in zip(missing, pool.map(lambda sql: trino.ask(sql, *where), missing), strict=True):
            known[sql] = vector(sql, answer)
    write(topic, (known[sql] for sql in wanted))
    print(f"{topic}: {len(wanted)} vectors, {len(missing)} new", file=sys.stderr)


def record_functions(trino: Trino) -> None:
    """The names of all functions Trino has."""
    answer = trino.ask("SHOW FUNCTIONS")
    write("functions", ({"name": name} for name in sorted({str(row[0]) for row in answer.rows})))


def record_tpch_data(trino: Trino) -> None:
    for table, columns in TABLE_COLUMNS.items():
        listed = ", ".join(columns)
        write_table(VECTORS, table, trino.ask(f"SELECT {listed} FROM {table} ORDER BY 1, 2", "tpch", "tiny").rows)


def main(topics: list[str]) -> None:
    wanted = topics or [*cases(), "held_out", "tpch", "tpch_data", "functions"]
    with running() as trino:
        trino.ask(f"CREATE SCHEMA memory.{DATABASE}")
        for name in TABLES:
            made = trino.ask(trino_create(name))
            assert made.error is None, made.error
        for topic in wanted:
            if topic == "functions":
                record_functions(trino)
            elif topic == "tpch_data":
                record_tpch_data(trino)
            else:
                record(trino, topic)


if __name__ == "__main__":
    main(sys.argv[1:])
