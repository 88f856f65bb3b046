# ruff: noqa: E501 - statements, each in a line
"""Views: whoever asks reads with their own rights, and learns nothing of what else a view reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lakewright.governance import Privilege
from lakewright.governance.rules import Grant
from tests.query.athena.conftest import ROOT, TENANT
from tests.query.athena.ddl.conftest import Studio


def grant(studio: Studio, on: str, to: str = "persona:Tenant") -> None:
    old = studio.rules[0]
    new = Grant("p:1", (on,), to=frozenset({to}), can=frozenset({Privilege.SELECT}))
    studio.rules[0] = replace(old, grants=(*old.grants, new))


def test_a_view_is_its_query_wherever_a_table_may_stand(studio: Studio) -> None:
    studio.run(
        "CREATE VIEW studio.totals AS WITH x AS (SELECT tenant_id AS t, amount FROM gold.revenue) SELECT t, sum(amount) AS total FROM x GROUP BY t"
    )
    direct = studio.values("SELECT tenant_id, sum(amount) FROM gold.revenue GROUP BY 1 ORDER BY 1")
    assert studio.values("SELECT * FROM studio.totals ORDER BY t") == direct
    assert studio.values("SELECT v.total FROM studio.totals v JOIN studio.totals w ON v.t = w.t AND v.t = 1") == [
        direct[0][1:]
    ]
    assert studio.values("WITH totals AS (SELECT 5 AS t) SELECT t FROM totals") == [["5"]]
    assert studio.values("SELECT (SELECT max(total) FROM totals)", QueryExecutionContext={"Database": "studio"}) == [
        [max(direct, key=lambda r: float(r[1] or 0))[1]]
    ]
    studio.run("CREATE TABLE studio.kept AS SELECT * FROM studio.totals")
    assert studio.values("SELECT count(*) FROM studio.kept") == [["3"]]
    studio.run("CREATE OR REPLACE VIEW studio.totals AS SELECT 1 AS one")
    assert studio.rows("SELECT * FROM studio.totals") == [["one"], ["1"]]


def test_views_of_views_and_views_of_themselves(studio: Studio) -> None:
    studio.run("CREATE VIEW studio.a AS SELECT n FROM gold.numbers WHERE n < 3")
    studio.run("CREATE VIEW studio.b AS SELECT n + 10 AS m FROM studio.a")
    assert studio.values("SELECT m FROM studio.b ORDER BY m") == [["10"], ["11"], ["12"]]
    studio.run("CREATE OR REPLACE VIEW studio.a AS SELECT m AS n FROM studio.b")
    assert studio.failure("SELECT * FROM studio.a")["StateChangeReason"].startswith("INVALID_VIEW: line")


def test_a_view_gives_nobody_more_than_their_own_grants(studio: Studio) -> None:
    studio.run("CREATE VIEW studio.all_revenue AS SELECT tenant_id, amount FROM gold.revenue")
    missing = "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.studio.all_revenue' does not exist"
    assert studio.failure("SELECT * FROM studio.all_revenue", TENANT)["StateChangeReason"] == missing
    grant(studio, "studio.all_revenue")
    assert studio.values("SELECT DISTINCT tenant_id FROM studio.all_revenue", TENANT) == [["1"]]
    assert len(studio.values("SELECT DISTINCT tenant_id FROM studio.all_revenue")) == 3


@pytest.mark.parametrize(
    "sql",
    ["SELECT id, email FROM silver.person", "SELECT note AS id, 'x' AS email FROM gold.revenue WHERE note = 'secret'"],
)
def test_what_a_view_reads_is_not_told(studio: Studio, sql: str) -> None:
    studio.run("CREATE DATABASE other", ROOT)
    studio.run(f"CREATE VIEW other.v AS {sql}", ROOT)
    grant(studio, "other.v")
    without = tuple(
        replace(one, without=("note",)) if one.on == ("gold.revenue",) else one for one in studio.rules[0].grants
    )
    studio.rules[0] = replace(studio.rules[0], grants=without)
    reason = studio.failure("SELECT email FROM other.v", TENANT)["StateChangeReason"]
    assert reason.startswith("INVALID_VIEW: line 1:1: Failed analyzing stored view 'awsdatacatalog.other.v'")
    assert not any(word in reason for word in ("silver", "person", "note", "secret", "revenue"))
    for show in ("SHOW CREATE VIEW other.v", "SHOW CREATE TABLE other.v"):
        assert "silver" not in studio.failure(show, TENANT)["StateChangeReason"]
    found = studio.call("GetTableMetadata", TENANT, CatalogName="AwsDataCatalog", DatabaseName="other", TableName="v")
    assert "silver" not in repr(found)


def test_views_in_lists_and_their_ends(studio: Studio) -> None:
    studio.run("CREATE VIEW studio.v AS\nSELECT 1 AS a, TIMESTAMP '2026-01-01 00:00:00' AS at -- why\n")
    studio.run("CREATE TABLE studio.t AS SELECT 1 AS a")
    assert studio.lines("SHOW VIEWS IN studio") == ["v"]
    assert studio.lines("SHOW TABLES IN studio") == ["t", "v"]
    assert studio.lines("SHOW CREATE VIEW studio.v") == [
        "CREATE VIEW studio.v AS",
        "SELECT 1 AS a, TIMESTAMP '2026-01-01 00:00:00' AS at -- why",
    ]
    assert "View already exists" in studio.failure("CREATE VIEW studio.v AS SELECT 2 AS a")["StateChangeReason"]
    assert (
        "Table already exists"
        in studio.failure("CREATE OR REPLACE VIEW studio.t AS SELECT 2 AS a")["StateChangeReason"]
    )
    assert "Cannot drop a view with DROP TABLE" in studio.failure("DROP TABLE studio.v")["StateChangeReason"]
    assert "views is not supported" in studio.failure("INSERT INTO studio.v VALUES (1)")["StateChangeReason"]
    studio.run("DROP VIEW studio.v")
    studio.run("DROP VIEW IF EXISTS studio.v")
    assert studio.failure("DROP VIEW studio.v")["StateChangeReason"].endswith("Table not found studio.v")


def test_a_changed_view_is_not_answered_from_before(studio: Studio) -> None:
    reuse = {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}}
    studio.run("CREATE VIEW studio.now AS SELECT count(*) AS n FROM gold.revenue")
    assert studio.values("SELECT n FROM studio.now", **reuse) == [["6"]]
    studio.run("CREATE OR REPLACE VIEW studio.now AS SELECT count(*) + 1 AS n FROM gold.revenue")
    assert studio.values("SELECT n FROM studio.now", **reuse) == [["7"]]
