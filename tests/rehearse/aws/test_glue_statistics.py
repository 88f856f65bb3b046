"""Statistics of columns in Glue's shapes: each kind, as botocore reads it, with figures counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import botocore.session
import duckdb
import pytest
import sqlglot
from botocore.validate import ParamValidator

from lakewright.governance import Principal
from lakewright.rehearse.aws.glue.statistics import kind_of, statistics

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = """
SELECT * FROM (VALUES
  (1, 1.5::double, -1.25::decimal(10,2), DATE '2026-01-01', 'a',    true),
  (2, 2.5::double, 300.00::decimal(10,2), DATE '2026-01-03', 'abc', false),
  (2, NULL,        NULL,                  NULL,              NULL,  NULL)
) AS rows(`whole number`, real, amount, day, word, flag)
""".replace("`", '"')
TYPES = {
    "whole number": "bigint",
    "real": "double",
    "amount": "decimal(10,2)",
    "day": "date",
    "word": "varchar(20)",
    "flag": "boolean",
    "at": "timestamp",
    "many": "array<int>",
}


def ask(_who: Principal, statement: str) -> Sequence[Any]:
    connection = duckdb.connect()
    connection.execute(f"CREATE SCHEMA gold; CREATE TABLE gold.t AS {ROWS}")
    row = connection.execute(sqlglot.transpile(statement, read="spark", write="duckdb")[0]).fetchone()
    assert row is not None
    return row


def test_every_kind() -> None:
    found = {
        one["ColumnName"]: one["StatisticsData"] for one in statistics(ask, Principal("ana"), "gold.t", TYPES, NOW)
    }
    data = {name: one[f"{one['Type'].title()}ColumnStatisticsData"] for name, one in found.items()}
    assert data["whole number"] == {
        "NumberOfNulls": 0,
        "MinimumValue": 1,
        "MaximumValue": 2,
        "NumberOfDistinctValues": 2,
    }
    assert data["real"] == {"NumberOfNulls": 1, "MinimumValue": 1.5, "MaximumValue": 2.5, "NumberOfDistinctValues": 2}
    assert data["word"] == {"NumberOfNulls": 1, "MaximumLength": 3, "AverageLength": 2.0, "NumberOfDistinctValues": 2}
    assert data["flag"] == {"NumberOfNulls": 1, "NumberOfTrues": 1, "NumberOfFalses": 1}
    days = [datetime.fromtimestamp(data["day"][end], UTC).date() for end in ("MinimumValue", "MaximumValue")]
    assert days == [date(2026, 1, 1), date(2026, 1, 3)]
    assert data["amount"]["MinimumValue"] == {"UnscaledValue": "gw==", "Scale": 2}  # -125 is 0x83 in one byte
    assert data["amount"]["MaximumValue"] == {"UnscaledValue": "dTA=", "Scale": 2}  # 30000 is 0x7530
    assert set(found) == set(TYPES) - {"at", "many"}


def test_they_have_glues_own_members() -> None:
    """Glue's service model: UpdateColumnStatisticsForTable takes what GetColumnStatisticsForTable gives."""
    shape = botocore.session.get_session().get_service_model("glue").shape_for("ColumnStatistics")
    for one in statistics(ask, Principal("ana"), "gold.t", TYPES, NOW):
        report = ParamValidator().validate(one, shape)
        assert not report.has_errors(), report.generate_report()


def test_of_no_rows() -> None:
    def nothing(_who: Principal, _statement: str) -> Sequence[Any]:
        return [0, None, None, 0, 0, None, None, 0]

    types = {"n": "int", "word": "string"}
    whole, word = (one["StatisticsData"] for one in statistics(nothing, Principal("a"), "gold.t", types, NOW))
    assert whole["LongColumnStatisticsData"] == {"NumberOfNulls": 0, "NumberOfDistinctValues": 0}
    assert word["StringColumnStatisticsData"]["MaximumLength"] == 0


@pytest.mark.parametrize(("type_", "name"), [("struct<a:int>", None), ("binary", None), ("TINYINT", "LONG")])
def test_types(type_: str, name: str | None) -> None:
    kind = kind_of(type_)
    assert (kind.name if kind else None) == name


def test_decimals_of_any_sign_and_size() -> None:
    from base64 import b64decode

    from lakewright.rehearse.aws.glue.statistics import _unscaled

    for text in ("0", "-0.01", "1.27", "1.28", "-1.28", "-1.29", "99999999999999999999.99"):
        found = _unscaled(Decimal(text))
        assert found is not None
        number = int.from_bytes(b64decode(found["UnscaledValue"]), "big", signed=True)
        assert Decimal(number).scaleb(-found["Scale"]) == Decimal(text)
