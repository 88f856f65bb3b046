"""`lakewright sql --named`: kept queries of platform.yaml, as each principal may see the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.small_lake import build

from .conftest import Call

PLATFORM = """lakewright: 1
platform: shop
sources:
  shop: {postgres: {url: "${DB}", tables: [public.*]}}
access:
  users:
    ana: {}
    ben: {}
    cyd: {}
  grants:
    - {to: "user:ana", on: silver.*}
    - {to: "user:ben", on: silver.*, rows: id = 2}
query:
  named_queries:
    prices:
      database: silver
      sql: SELECT 'item ' || CAST(id AS varchar) AS item, price / 4 AS quarter FROM item ORDER BY id
    broken: {sql: SELECT nosuch(1)}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "platform.yaml").write_text(PLATFORM)
    build(tmp_path / "lake")
    return tmp_path


def test_each_gets_their_rows(call: Call, project: Path) -> None:
    # Prices are 10, 2, 30; integers divide without a rest in Athena's SQL.
    mine = call("sql", "--as", "ana", "--named", "prices", "--output", "csv")
    assert mine.out == "item,quarter\nitem 1,2\nitem 2,0\nitem 3,7\n"
    theirs = call("sql", "--as", "ben", "--named", "prices", "--json").json
    assert theirs["rows"] == [["item 2", 0]]
    assert theirs["versions"] == {"silver.item": 1}
    assert call("sql", "--as", "ana", "--named", "prices", "--json", "--limit", "2").json["truncated"] is True
    assert call("sql", "--as", "cyd", "--named", "prices").code == 1


def test_what_is_cut_off_has_succeeded(call: Call, project: Path) -> None:
    assert call("sql", "--as", "ana", "--named", "prices", "--json", "--limit", "1").json["rows"] == [["item 1", 2]]
    started, ended = call("access", "audit", "--limit", "2", "--json").json["entries"]
    assert (started["outcome"], ended["outcome"], ended["rows"]) == ("started", "succeeded", 2)
    assert ended["bytes"] > 0


def test_mistakes_say_what_to_do(call: Call, project: Path) -> None:
    for arguments, text in (
        (("--as", "ana", "--named", "price"), "did you mean prices?"),
        (("--named", "prices"), "--as PRINCIPAL"),
        (("--as", "ana", "--named", "broken"), "FUNCTION_NOT_FOUND"),
        (("--as", "nobody", "--named", "prices"), "there is no user nobody"),
    ):
        found = call("sql", *arguments)
        assert found.code == 2, arguments
        assert text in found.err, arguments


MODEL = """/* lakewright
kind: full
columns: {id: bigint}
*/
SELECT id FROM bronze.item
"""
QUERIES = {
    "fine: {database: silver, sql: SELECT id FROM item WHERE id > 0}": None,
    "client: {database: studio, sql: SELECT id FROM item}": None,
    "asks: {database: silver, sql: 'SELECT id FROM item WHERE id = ?'}": None,
    "q1: {sql: SELEC 1}": ("LW1125", "q1: SYNTAX_ERROR: line 1:1: mismatched input 'SELEC'"),
    "q2: {sql: SELECT id FROM silver.itme}": ("LW1101", "q2: there is no table silver.itme"),
    "q3: {sql: SELECT idd FROM silver.item}": ("LW1125", "q3: COLUMN_NOT_FOUND: line 1:8: Column 'idd'"),
    "q4: {sql: SELECT nosuch(1)}": ("LW1125", "q4: FUNCTION_NOT_FOUND: line 1:8: Function 'nosuch' not registered"),
}


def test_check_finds_every_broken_query(call: Call, tmp_path: Path) -> None:
    head = PLATFORM.partition("query:")[0] + "query:\n  named_queries:\n"
    (tmp_path / "platform.yaml").write_text(head + "".join(f"    {one}\n" for one in QUERIES))
    (tmp_path / "models/silver").mkdir(parents=True)
    (tmp_path / "models/silver/item.sql").write_text(MODEL)
    first = head.count("\n") + 1
    errors = call("check", "--offline", "--json").json["errors"]
    expected = [(line, told) for line, told in enumerate(QUERIES.values(), first) if told]
    found = [(one["code"], one["place"]) for one in errors]
    assert found == [(code, f"platform.yaml:{line}") for line, (code, _) in expected]
    for one, (_, (_, fact)) in zip(errors, expected, strict=True):
        assert one["fact"].startswith(fact)


def test_check_reads_queries_beside_a_broken_model(call: Call, project: Path) -> None:
    (project / "models/silver").mkdir(parents=True)
    (project / "models/silver/item.sql").write_text(MODEL.replace("FROM", "FRM"))
    codes = {one["code"] for one in call("check", "--offline", "--json").json["errors"]}
    assert "LW1125" in codes
    assert len(codes) == 2
