"""S2-10: queries of a principal with a tenant filter and two masks, beside the same DuckDB query written by hand.

10M orders of 20 tenants in a Delta table, partitioned as Silver is (tenant, month); one tenant is 5 % of the rows, ten
are 50 %. By hand: a new connection in a Python that has everything imported, the files from an open DeltaTable, filter
and masks in the query, as one would write it; nothing is kept from one query to the next. (A connection that stays open
saves some 10 ms of it.) Governed: a Governor with waiting workers, all its processes and the audit included. Both in
turns, five rounds; the ratio is the median of the rounds'.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from benchmarks.measure import Row, wait_for_quiet
from lakewright.engines import open_engine
from lakewright.governance import Mask, Policy, Principal, Privilege
from lakewright.governance.rules import Grant, MaskRule
from lakewright.models import Models, dialect
from lakewright.query import Lake
from lakewright.query.audit import AuditLog
from lakewright.query.governed import NEWEST, Governor, LakeSources, Limits, Query
from lakewright.query.lake import OpenTables
from lakewright.spec.rows import parse_rows
from lakewright.storage import open_storage
from lakewright.tables import Change, Column, DataFile, open_table

TABLE = "silver.order"
COLUMNS = {
    "order_id": "bigint",
    "customer_id": "bigint",
    "email": "string",
    "phone": "string",
    "status": "string",
    "total": "decimal(12,2)",
    "quantity": "int",
    "updated_at": "timestamp",
    "dt": "date",
    "tenant_id": "bigint",
    "month": "int",
}
MASKS = {"email": Mask("partial_email"), "phone": Mask("partial_phone")}

QUERIES = {
    "revenue by day": "SELECT dt, count(*) AS orders, sum(total) AS revenue, sum(quantity) AS items FROM {t} "
    "GROUP BY dt ORDER BY dt",
    "orders by status": "SELECT status, count(*) AS orders, sum(total) AS revenue, "
    "count(DISTINCT customer_id) AS people FROM {t} GROUP BY status ORDER BY status",
    "best customers": "SELECT email, sum(total) AS revenue, count(*) AS orders FROM {t} WHERE status = 'completed' "
    "GROUP BY email ORDER BY revenue DESC, email LIMIT 20",
    "a month's contacts": "SELECT order_id, email, phone, total FROM {t} WHERE month = 3 AND total > 9900 "
    "ORDER BY total DESC, order_id LIMIT 1000",
}
FILL = """
SELECT i AS order_id, 1 + (i * 7919) % 500000 AS customer_id,
  'customer' || ((i * 7919) % 500000) || '@example.org' AS email,
  '+1555' || lpad(((i * 31) % 10000000)::VARCHAR, 7, '0') AS phone,
  ['pending', 'paid', 'shipped', 'completed', 'cancelled'][(1 + hash(i) % 5)::BIGINT] AS status,
  ((i * 13) % 1000000 / 100)::DECIMAL(12,2) AS total, (1 + i % 9)::INTEGER AS quantity,
  TIMESTAMPTZ '2026-01-01' + INTERVAL 1 SECOND * (i * {step}) AS updated_at,
  DATE '2026-01-01' + (i * 360 // {rows})::INTEGER AS dt,
  (1 + hash(i // 50000 + i) % 20)::BIGINT AS tenant_id, (1 + (i * 360 // {rows}) // 30)::INTEGER AS month
FROM range({rows}) AS t(i)
"""


def run(quick: bool = False) -> Iterator[Row]:
    rows = 1_000_000 if quick else 10_000_000
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        build(root / "lake", rows)
        tables = DeltaTable(str(root / "lake" / "silver" / "order"))
        for share, tenants in (("5 %", (3,)), ("50 %", tuple(range(1, 11)))):
            governor = open_governor(root)
            try:
                principal = Principal("ana", frozenset({"analysts"}), attributes={"tenants": tenants})
                for what, text in QUERIES.items():
                    yield _compared(what, share, text, governor, principal, tables)
            finally:
                governor.close()


def build(lake: Path, rows: int) -> None:
    """The Delta table `silver.order`."""
    folder = lake / "silver" / "order"
    folder.parent.mkdir(parents=True)
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    sql = FILL.format(rows=rows, step=max(1, 31_000_000 // rows))
    connection.execute(
        f"COPY ({sql}) TO '{folder}' (FORMAT parquet, PARTITION_BY (tenant_id, month), COMPRESSION snappy)"
    )
    connection.close()
    files = [_described(path, folder) for path in sorted(folder.rglob("*.parquet"))]
    columns = [Column(name, kind) for name, kind in COLUMNS.items()]
    open_table(open_storage(str(lake)), TABLE).replace(columns, ("tenant_id", "month"), Change(add=files))


def _described(path: Path, folder: Path) -> DataFile:
    partition = dict(part.split("=") for part in path.relative_to(folder).parts[:-1])
    return DataFile(str(path.relative_to(folder)), path.stat().st_size, pq.read_metadata(path).num_rows, partition)


def open_governor(root: Path) -> Governor:
    storage = open_storage(str(root / "lake"))
    models = Models([])
    tables = OpenTables(storage)
    policy = Policy(
        grants=(
            Grant(
                "benchmark",
                ("silver.*",),
                to=frozenset({"group:analysts"}),
                can=frozenset({Privilege.SELECT}),
                rows=parse_rows("tenant_id in user.tenants"),
            ),
        ),
        masks=tuple(
            MaskRule("benchmark", (TABLE,), mask=mask, columns=((TABLE, column),)) for column, mask in MASKS.items()
        ),
    )
    return Governor(
        lambda: LakeSources(Lake(storage, tuple, models, tables), models, open_engine),
        lambda: policy,
        AuditLog(root / "audit", root / "audit.head"),
        preludes=(dialect.MACROS,),
    )


def _compared(what: str, share: str, text: str, governor: Governor, principal: Principal, tables: DeltaTable) -> Row:
    mine, theirs = [], []
    for _ in range(5):
        wait_for_quiet(5.0)
        seconds, rows = by_hand(text, principal, tables)
        theirs.append(seconds)
        seconds, governed = ask(text, governor, principal)
        mine.append(seconds)
        if rows.to_pylist() != governed.to_pylist():
            return Row(f"governed: {what}, {share} of 10M rows", "other rows than by hand", met=False)
    ratio = statistics.median(one / other for one, other in zip(mine, theirs, strict=True))
    return Row(
        f"governed: {what}, {share} of the rows",
        f"{statistics.median(mine) * 1000:.0f} ms",
        f"by hand {statistics.median(theirs) * 1000:.0f} ms",
        f"{ratio:.2f}×",
        "≤ 2×",
        ratio <= 2,
    )


def ask(text: str, governor: Governor, principal: Principal) -> tuple[float, pa.Table]:
    """Seconds and rows of a governed query."""
    sql = text.format(t='silver."order"')
    query = Query(str(uuid.uuid4()), principal, text, {TABLE: NEWEST}, lambda _: sql, Limits(), prelude=dialect.MACROS)
    began = time.perf_counter()
    rows = governor.run(query).table()
    return time.perf_counter() - began, rows


def by_hand(text: str, principal: Principal, tables: DeltaTable) -> tuple[float, pa.Table]:
    """The same as a person with all rights would write it."""
    began = time.perf_counter()
    connection = duckdb.connect(config={"threads": Limits().threads})
    connection.execute("SET TimeZone = 'UTC'")
    files = ", ".join(f"'{path}'" for path in tables.file_uris())
    masked = ", ".join(f"{mask.duckdb(column, 'string')} AS {column}" for column, mask in MASKS.items())
    tenants = ", ".join(map(str, principal.attributes["tenants"]))
    source = (
        f"(SELECT * REPLACE ({masked}) FROM read_parquet([{files}], hive_partitioning=true, "
        f"hive_types={{'tenant_id': BIGINT, 'month': INTEGER}}) WHERE tenant_id IN ({tenants}))"
    )
    rows = connection.execute(text.format(t=source)).to_arrow_table()
    seconds = time.perf_counter() - began
    connection.close()
    return seconds, rows
