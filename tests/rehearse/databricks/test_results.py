"""Results of statements: formats, links, limits, waiting and cancelling, as the SDK's docstrings promise them."""

from __future__ import annotations

import csv
import io
import json
import time
import urllib.error
import urllib.request
from datetime import datetime

import pyarrow as pa
import pytest
from databricks.sdk.errors import InvalidParameterValue, NotFound
from databricks.sdk.service import sql

from lakewright.rehearse.databricks.sql import executions
from lakewright.rehearse.databricks.unity.kinds import KINDS
from lakewright.rehearse.databricks.unity.metastore import BINDINGS, GRANTS
from lakewright.rehearse.databricks.world import metastore_scope

from .shop import Shop

pytestmark = pytest.mark.slow
ALL = "SELECT * FROM shop.silver.orders ORDER BY id"
LINKS = sql.Disposition.EXTERNAL_LINKS


def fetched(link: sql.ExternalLink, **headers: str) -> bytes:
    """What lies behind a link, without a token."""
    request = urllib.request.Request(link.external_link, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def status(link: sql.ExternalLink, **headers: str) -> int:
    """How a download is answered."""
    try:
        fetched(link, **headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    return 200


def chunks(shop: Shop, found: sql.StatementResponse) -> list[bytes]:
    """All chunks, each asked for by the number that the one before names."""
    (link,) = found.result.external_links
    parts = [fetched(link)]
    while link.next_chunk_index is not None:
        asked = shop.admin.statement_execution
        (link,) = asked.get_statement_result_chunk_n(found.statement_id, link.next_chunk_index).external_links
        parts.append(fetched(link))
    return parts


def test_links_lead_to_chunks_in_each_format(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(executions.ROWS_IN_CHUNK, "EXTERNAL_LINKS", 2)
    arrow = shop.run(ALL, disposition=LINKS, format=sql.Format.ARROW_STREAM)
    assert (arrow.manifest.total_chunk_count, arrow.manifest.total_row_count, arrow.manifest.truncated) == (2, 3, False)
    tables = [pa.ipc.open_stream(one).read_all() for one in chunks(shop, arrow)]
    assert pa.concat_tables(tables).to_pydict()["id"] == [1, 2, 3]
    assert tables[0].schema.field("amount").type == pa.decimal128(10, 2)
    sizes = [one.byte_count for one in arrow.manifest.chunks]
    assert sizes == [len(one) for one in chunks(shop, arrow)]
    assert sum(sizes) == arrow.manifest.total_byte_count
    found = shop.run(ALL, disposition=LINKS, format=sql.Format.CSV)
    text = b"".join(chunks(shop, found)).decode()
    assert list(csv.reader(io.StringIO(text)))[::3] == [["id", "tenant", "amount"], ["3", "a", "null"]]
    compact = chunks(shop, shop.run(ALL, disposition=LINKS))
    assert compact[0] == b'[["1","a","10.50"],["2","b","20.00"]]'
    assert json.loads(compact[1]) == [["3", "a", None]]


def test_a_link_is_good_for_a_while_and_needs_no_token(shop: Shop) -> None:
    found = shop.run(ALL, disposition=LINKS)
    (link,) = found.result.external_links
    until = datetime.fromisoformat(link.expiration).timestamp()
    assert 0 < until - shop.place.clock.seconds <= 900
    assert (status(link), status(link, Authorization="Bearer x")) == (200, 400)
    other = shop.run("SELECT 1 AS x", disposition=LINKS).result.external_links[0].external_link
    stolen = link.external_link.replace(found.statement_id, other.split("/")[4])
    for address in (stolen, link.external_link.replace("/0?", "/1?")):
        assert status(sql.ExternalLink(external_link=address)) == 403
    shop.place.clock.seconds += 901
    assert status(link) == 403
    again = shop.admin.statement_execution.get_statement_result_chunk_n(found.statement_id, 0)
    assert fetched(again.external_links[0])
    shop.place.clock.seconds += 3600
    again = shop.place.client(shop.workspace).statement_execution  # its token, too, was good for an hour
    assert again.get_statement(found.statement_id).status.state is sql.StatementState.CLOSED


def test_limits_cut_a_result_and_say_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = shop.run(ALL, row_limit=2)
    assert (len(cut.result.data_array), cut.manifest.truncated, cut.manifest.total_row_count) == (2, True, 2)
    assert shop.run(ALL, row_limit=3).manifest.truncated is False
    small = shop.run(ALL, byte_limit=60)
    assert small.manifest.truncated
    assert 0 < small.manifest.total_row_count < 3
    monkeypatch.setattr(executions, "MOST_INLINE", 16)
    assert "Inline byte limit exceeded" in shop.refused(ALL)
    assert shop.run(ALL, disposition=LINKS).manifest.total_row_count == 3
    wrong: tuple[dict[str, object], ...] = (
        {"format": sql.Format.ARROW_STREAM},
        {"format": sql.Format.CSV},
        {"row_limit": 0},
        {"byte_limit": -1},
        {"wait_timeout": "51s"},
    )
    for one in wrong:
        with pytest.raises(InvalidParameterValue):
            shop.run(ALL, **one)


def test_parameters_have_types(shop: Shop) -> None:
    given = {
        "INT": ("7", "7"), "BIGINT": ("-9000000000", "-9000000000"), "TINYINT": ("5", "5"), "DOUBLE": ("1.5", "1.5"),
        "DECIMAL(10,2)": ("12.345", "12.35"), "BOOLEAN": ("true", "true"), "DATE": ("2024-02-29", "2024-02-29"),
        "TIMESTAMP": ("2024-02-29 10:00:00", "2024-02-29T10:00:00.000Z"), "STRING": ("it's", "it's"),
    }  # fmt: skip
    names = {f"p{number}": item for number, item in enumerate(given.items())}
    parameters = [sql.StatementParameterListItem(name, kind, value) for name, (kind, (value, _)) in names.items()]
    parameters.append(sql.StatementParameterListItem("none", "INT"))
    marks = ", ".join(f":{name} AS {name}" for name in [*names, "none"])
    found = shop.run(f"SELECT {marks}", parameters=parameters)
    assert found.result.data_array == [[shown for _, shown in given.values()] + [None]]
    assert [one.type_text for one in found.manifest.schema.columns] == [*given, "INT"]
    wrong = {"INT": "x", "DATE": "2024-02-30", "DECIMAL(3,2)": "12.5", "TINYINT": "128", "BOOLEAN": "perhaps"}
    for kind, value in wrong.items():
        one = [sql.StatementParameterListItem("p", kind, value)]
        assert "CAST_INVALID_INPUT" in shop.refused("SELECT :p AS p", parameters=one), kind
    assert "UNBOUND_SQL_PARAMETER" in shop.refused("SELECT :nothing AS n")


def test_a_statement_is_waited_for_or_cancelled(shop: Shop) -> None:
    asked = shop.admin.statement_execution
    later = shop.run(ALL, wait_timeout="0s")
    assert later.status.state is sql.StatementState.PENDING
    while (shown := asked.get_statement(later.statement_id)).status.state is not sql.StatementState.SUCCEEDED:
        assert shown.status.state in (sql.StatementState.PENDING, sql.StatementState.RUNNING)
        time.sleep(0.1)
    assert len(shown.result.data_array) == 3
    long = _long(shop)
    begun = time.monotonic()
    stopped = shop.run(long, wait_timeout="5s", on_wait_timeout=sql.ExecuteStatementRequestOnWaitTimeout.CANCEL)
    assert stopped.status.state is sql.StatementState.CANCELED
    assert time.monotonic() - begun < 15
    going = shop.run(f"INSERT INTO shop.silver.orders (id) {long}", wait_timeout="0s")
    time.sleep(2)
    asked.cancel_execution(going.statement_id)
    assert asked.get_statement(going.statement_id).status.state is sql.StatementState.CANCELED
    kept = shop.place.databricks.world.statements.kept
    for one in (stopped, going):  # their queries have ended, and not only the wait for them
        assert kept[one.statement_id].done.exception(timeout=20) is not None
    assert shop.rows("SELECT count(*) FROM shop.silver.orders") == [["3"]]
    with pytest.raises(InvalidParameterValue, match="no result"):
        asked.get_statement_result_chunk_n(going.statement_id, 0)
    ana = shop.user("ana")
    with pytest.raises(NotFound):
        ana.statement_execution.cancel_execution(later.statement_id)


def _long(shop: Shop) -> str:
    """A query that takes minutes: a product of a table with itself."""
    shop.rows("CREATE TABLE shop.silver.many AS SELECT a.id AS id FROM shop.silver.orders a CROSS JOIN "
              "shop.silver.orders b CROSS JOIN shop.silver.orders c CROSS JOIN shop.silver.orders d "
              "CROSS JOIN shop.silver.orders e CROSS JOIN shop.silver.orders f")  # fmt: skip
    crosses = " ".join(f"CROSS JOIN shop.silver.many m{number}" for number in range(4))
    return (
        f"SELECT try_cast(count(*) % 10 AS INT) AS id FROM shop.silver.many m {crosses} WHERE m.id + m0.id + m3.id > 7"
    )


def everything(shop: Shop) -> dict[str, list[dict[str, object]]]:
    """What the metastore holds, as it is kept."""
    objects = shop.place.databricks.world.objects
    scope = metastore_scope(str(shop.admin.metastores.current().metastore_id))
    return {kind: objects.all(kind, scope) for kind in (*KINDS, GRANTS, BINDINGS)}


def test_what_is_cancelled_before_it_begins_is_not_done(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every kind of statement that changes something, one that was cancelled while it waited."""
    shop.user("ana")
    shop.rows("GRANT SELECT ON TABLE shop.silver.orders TO `ana@example.com`")
    shop.rows("CREATE VIEW shop.silver.ids AS SELECT id FROM shop.silver.orders")
    shop.rows("CREATE FUNCTION shop.silver.mine(tenant STRING) RETURNS BOOLEAN RETURN tenant = 'a'")
    statements = (
        "GRANT MODIFY ON TABLE shop.silver.orders TO `ana@example.com`",
        "REVOKE SELECT ON TABLE shop.silver.orders FROM `ana@example.com`",
        "DROP VIEW shop.silver.ids",
        "DROP TABLE shop.silver.orders",
        "ALTER TABLE shop.silver.orders OWNER TO `ana@example.com`",
        "ALTER TABLE shop.silver.orders SET ROW FILTER shop.silver.mine ON (tenant)",
        "ALTER VIEW shop.silver.ids AS SELECT id FROM shop.silver.orders WHERE id > 1",
        "COMMENT ON SCHEMA shop.silver IS 'other'",
        "CREATE SCHEMA shop.gold",
        "CREATE CATALOG other MANAGED LOCATION 's3://lake/other'",
        "CREATE VOLUME shop.silver.files",
        "CREATE FUNCTION shop.silver.one() RETURNS INT RETURN 1",
        "CREATE OR REPLACE FUNCTION shop.silver.mine(tenant STRING) RETURNS BOOLEAN RETURN true",
        "CREATE TABLE shop.silver.more (id INT)",
        "CREATE VIEW shop.silver.more AS SELECT 1 AS id",
        "INSERT INTO shop.silver.orders VALUES (9, 'a', 1)",
        "DELETE FROM shop.silver.orders",
        "TRUNCATE TABLE shop.silver.orders",
    )
    before, rows = everything(shop), shop.rows(ALL)
    begun = executions.Execution.alive

    def too_late(execution: executions.Execution) -> None:
        execution.cancel()
        begun(execution)

    with monkeypatch.context() as patch:
        patch.setattr(executions.Execution, "alive", too_late)
        states = {statement: shop.run(statement).status.state for statement in statements}
    assert {one for one, state in states.items() if state is not sql.StatementState.CANCELED} == set()
    assert everything(shop) == before
    assert shop.rows(ALL) == rows
    shop.rows("DROP TABLE shop.silver.orders")
    assert everything(shop) != before
