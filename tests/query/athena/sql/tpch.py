"""TPC-H's 22 queries, in Trino's words, and the tables at scale 0.01 as Trino's connector makes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakewright.models.types import arrow_type

_MONEY = "decimal(12,2)"
TABLE_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "region": {"r_regionkey": "bigint", "r_name": "string"},
    "nation": {"n_nationkey": "bigint", "n_name": "string", "n_regionkey": "bigint"},
    "supplier": {
        "s_suppkey": "bigint", "s_name": "string", "s_address": "string", "s_nationkey": "bigint", "s_phone": "string",
        "s_acctbal": _MONEY, "s_comment": "string",
    },
    "part": {
        "p_partkey": "bigint", "p_name": "string", "p_mfgr": "string", "p_brand": "string", "p_type": "string",
        "p_size": "int", "p_container": "string",
    },
    "partsupp": {"ps_partkey": "bigint", "ps_suppkey": "bigint", "ps_availqty": "int", "ps_supplycost": _MONEY},
    "customer": {
        "c_custkey": "bigint", "c_name": "string", "c_address": "string", "c_nationkey": "bigint", "c_phone": "string",
        "c_acctbal": _MONEY, "c_mktsegment": "string", "c_comment": "string",
    },
    "orders": {
        "o_orderkey": "bigint", "o_custkey": "bigint", "o_orderstatus": "string", "o_totalprice": _MONEY,
        "o_orderdate": "date", "o_orderpriority": "string", "o_shippriority": "int", "o_comment": "string",
    },
    "lineitem": {
        "l_orderkey": "bigint", "l_linenumber": "int", "l_partkey": "bigint", "l_suppkey": "bigint",
        "l_quantity": _MONEY, "l_extendedprice": _MONEY, "l_discount": _MONEY, "l_tax": _MONEY,
        "l_returnflag": "string", "l_linestatus": "string", "l_shipdate": "date", "l_commitdate": "date",
        "l_receiptdate": "date", "l_shipinstruct": "string", "l_shipmode": "string",
    },
}  # fmt: skip
"""Only the columns that the queries name."""
SCHEMAS = {f"tpch.{name}": columns for name, columns in TABLE_COLUMNS.items()}


def write_table(folder: Path, name: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Trino's JSON rows as a Parquet file."""
    from datetime import date

    readers = {_MONEY: Decimal, "date": date.fromisoformat}
    columns = zip(*rows, strict=True)
    arrays = {
        column: pa.array([readers.get(kind, lambda value: value)(value) for value in values], arrow_type(kind))
        for (column, kind), values in zip(TABLE_COLUMNS[name].items(), columns, strict=True)
    }
    pq.write_table(pa.table(arrays), folder / f"tpch_{name}.parquet", compression="zstd", compression_level=19)


def _queries(text: str) -> dict[str, str]:
    parts = re.split(r"^-- (q\d\d)\n", text, flags=re.MULTILINE)[1:]
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


QUERIES = _queries(Path(__file__).with_name("tpch.sql").read_text(encoding="utf-8"))
