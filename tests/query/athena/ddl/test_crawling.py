"""Crawls: tables found out from files are queried, and DuckDB reads the same files beside."""

from __future__ import annotations

import io
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakewright.catalog.crawl import Drift
from lakewright.query.athena.ddl.crawling import Crawling
from lakewright.query.athena.sql import SqlError
from tests.query.athena.conftest import ANALYST, COLLEAGUE
from tests.query.athena.ddl.conftest import Studio


def crawling(studio: Studio, who: Any = ANALYST) -> Crawling:
    return studio.made.crawling(studio.decide, who.principal)


def as_parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def described(studio: Studio, name: str) -> dict[str, str]:
    return dict(studio.made.catalog.snapshot().tables[name].columns)


def test_parquet_of_several_schemas_with_partitions(studio: Studio) -> None:
    studio.put("s3://data/p/day=1/a.parquet", as_parquet(id=pa.array([1], pa.int32()), Name=["x"]))
    studio.put(
        "s3://data/p/day=2/b.parquet", as_parquet(id=pa.array([2], pa.int64()), at=pa.array([0], pa.timestamp("ns")))
    )
    crawling(studio).bring("studio.found", "s3://data/p/")
    assert described(studio, "studio.found") == {"id": "bigint", "name": "string", "at": "timestamp", "day": "string"}
    assert studio.values("SELECT id, name, at, day FROM studio.found ORDER BY id") == [
        ["1", "x", None, "1"],
        ["2", None, "1970-01-01 00:00:00.000", "2"],
    ]


def test_statistics_are_those_of_the_files(studio: Studio) -> None:
    files = [as_parquet(id=[1, 2]), as_parquet(id=[3])]
    for number, content in enumerate(files):
        studio.put(f"s3://data/s/{number}.parquet", content)
        crawling(studio).bring("studio.counted", "s3://data/s/")
        parameters = studio.made.catalog.snapshot().tables["studio.counted"].parameters
        expected = (number + 1, sum(map(len, files[: number + 1])), 2 + number)
        assert tuple(int(parameters[one]) for one in ("objectCount", "sizeKey", "recordCount")) == expected


def test_csv_with_a_header_reads_as_duckdb_reads_it(studio: Studio) -> None:
    content = b'Order Id;price;word;note\n1;1.5;a;"x;y"\n2;20;b;\n'
    studio.put("s3://data/c/f.csv", content)
    crawling(studio).bring("studio.sheet", "s3://data/c/")
    assert described(studio, "studio.sheet") == {
        "order_id": "bigint",
        "price": "double",
        "word": "string",
        "note": "string",
    }
    path = studio.objects.path("data", "c/f.csv")
    theirs = duckdb.sql(f"SELECT * REPLACE (coalesce(note, '') AS note) FROM read_csv('{path}', delim=';')").fetchall()
    assert studio.values("SELECT * FROM studio.sheet") == [
        [str(float(v)) if isinstance(v, float) else str(v) for v in row] for row in theirs
    ]


def test_json_lines(studio: Studio) -> None:
    studio.put(
        "s3://data/j/f.json",
        b'{"id": 1, "tags": ["a"], "who": {"Name": "x", "age": 3}}\n{"id": 5000000000, "ok": true}\n',
    )
    crawling(studio).bring("studio.lines", "s3://data/j/")
    assert described(studio, "studio.lines") == {
        "id": "bigint",
        "tags": "array<string>",
        "who": "struct<name:string,age:int>",
        "ok": "boolean",
    }
    assert studio.values("SELECT id, tags, who.name, ok FROM studio.lines ORDER BY id") == [
        ["1", "[a]", "x", None],
        ["5000000000", None, None, "true"],
    ]


def test_drift_is_told_and_taken_over(studio: Studio) -> None:
    studio.put("s3://data/d/p=1/a.parquet", as_parquet(a=pa.array([1], pa.int32()), gone=["x"]))
    first = crawling(studio).bring("studio.moving", "s3://data/d/")
    assert first == Drift(added={"a": "int", "gone": "string"}, new_partitions=(("1",),))
    assert not crawling(studio).drift("studio.moving")
    studio.objects.delete("data", "d/p=1/a.parquet")
    studio.put("s3://data/d/p=2/b.parquet", as_parquet(a=pa.array([2], pa.int64()), new=[1.5]))
    expected = Drift(
        added={"new": "double"},
        removed=("gone",),
        retyped={"a": ("int", "bigint")},
        new_partitions=(("2",),),
        gone_partitions=(("1",),),
    )
    assert crawling(studio).drift("studio.moving") == expected
    assert crawling(studio).bring("studio.moving", "s3://data/d/") == expected
    assert not crawling(studio).drift("studio.moving")
    assert studio.values("SELECT a, new, p FROM studio.moving") == [["2", "1.5", "2"]]


def test_what_is_no_table_or_not_theirs_is_refused(studio: Studio) -> None:
    studio.put("s3://data/mixed/a.json", b'{"a":1}\n')
    studio.put("s3://data/mixed/b.parquet", as_parquet(a=[1]))
    studio.put("s3://data/bens/a.json", b'{"a":1}\n', owner="ben")
    for place, reason in {
        "s3://data/mixed/": "files of several formats: json, parquet",
        "s3://data/empty/": "there are no files",
        "s3://data/bens/": "Access Denied",
        "s3://the-lake/gold/": "Access Denied",
    }.items():
        with pytest.raises(SqlError, match=reason):
            crawling(studio).bring("studio.t", place)
    studio.put("s3://data/own/a.json", b'{"b":1}\n')
    crawling(studio, COLLEAGUE).bring("studio.t", "s3://data/bens/")
    with pytest.raises(SqlError, match=r"Required Alter on studio\.t"):
        crawling(studio).bring("studio.t", "s3://data/own/")
