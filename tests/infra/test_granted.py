"""Who gains and loses what by a plan, from Terraform's plan JSON alone.

The attributes are those of the AWS provider's documentation for each resource type.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lakewright.governance import TableFacts
from lakewright.infra.granted import granted

AT = datetime(2026, 11, 1, tzinfo=UTC)
ANA = "arn:aws:iam::111111111111:role/shop-dev-analyst"
EVA = "arn:aws:iam::111111111111:role/shop-dev-engineer"
ORDERS = TableFacts("gold.orders", {"id": "bigint", "tenant_id": "bigint", "total": "decimal(10,2)"})
Said = dict[str, Any]
Found = dict[tuple[str, str, str], tuple[tuple[str, ...], tuple[str, ...]]]


def resource(kind: str, before: Said | None, after: Said | None) -> Said:
    change = {"before": before, "after": after, "after_unknown": {}}
    return {"address": f"x.{kind}", "mode": "managed", "type": f"aws_lakeformation_{kind}", "change": change}


def permission(who: str | None, *names: str, grantable: tuple[str, ...] = (), **on: Said) -> Said:
    places = {name: [] for name in ("database", "table", "table_with_columns", "data_cells_filter", "data_location")}
    return {
        "principal": who,
        "permissions": list(names),
        "permissions_with_grant_option": list(grantable),
        **places,
        **{name: [said] for name, said in on.items()},
    }


def cells(rows: str, *columns: str, without: tuple[str, ...] = ()) -> Said:
    every = [{"all_rows_wildcard": [{}] if not rows else [], "filter_expression": rows or None}]
    excluded = [{"excluded_column_names": list(without)}] if without else []
    said = {"database_name": "gold", "table_name": "orders", "name": "f", "column_names": list(columns)}
    return {"table_data": [said | {"row_filter": every, "column_wildcard": excluded}]}


def changes(*resources: Said, known: tuple[TableFacts, ...] = (ORDERS,)) -> Found:
    found, _ = granted([{"resource_changes": list(resources)}], {one.name: one for one in known}, {ANA: "ana"}, AT)
    return {(one.principal, one.table, str(one.privilege)): (one.gains, one.losses) for one in found}


WHOLE = {"database_name": "gold", "name": "orders", "wildcard": False}
THROUGH = {"database_name": "gold", "table_name": "orders", "name": "f"}


def test_a_grant_on_a_table_comes_and_goes() -> None:
    grant = permission(ANA, "SELECT", grantable=("SELECT",), table=WHOLE)
    everything = ("id, tenant_id, total in every row",)
    assert changes(resource("permissions", None, grant)) == {("ana", "gold.orders", "select"): (everything, ())}
    assert changes(resource("permissions", grant, None)) == {("ana", "gold.orders", "select"): ((), everything)}
    assert changes(resource("permissions", grant, grant)) == {}
    without = permission(ANA, "SELECT", table=WHOLE)
    assert changes(resource("permissions", without, grant)) == {
        ("ana", "gold.orders", "select"): (("may pass it on",), ())
    }


@pytest.mark.parametrize(
    ("before", "after", "gains", "losses"),
    [
        (
            cells("tenant_id IN (1)", "id", "tenant_id"),
            cells("tenant_id IN (1, 2)", "id", "tenant_id"),
            ("rows where tenant_id IN (1, 2)",),
            ("rows where tenant_id IN (1)",),
        ),
        (cells("", "id"), cells("", "id", "total"), ("columns total",), ()),
        (cells("", without=("total",)), cells("", without=("tenant_id",)), ("columns total",), ("columns tenant_id",)),
        (
            cells("total BETWEEN f(1) AND 2", "id"),
            cells("", "id"),
            ("rows outside row_filter IN ('total BETWEEN f(1) AND 2')",),
            (),
        ),
    ],
)
def test_a_filter_that_changes_below_a_grant(before: Said, after: Said, gains: tuple[str, ...], losses: Any) -> None:
    grant = permission(ANA, "SELECT", data_cells_filter=THROUGH)
    found = changes(
        resource("data_cells_filter", before, after),
        resource("permissions", grant, grant),
    )
    assert found["ana", "gold.orders", "select"] == (gains, losses)


def test_tables_that_nobody_described_have_the_columns_that_rights_name() -> None:
    other = {"database_name": "ext", "name": "feed", "wildcard": False}
    whole = permission(EVA, "SELECT", table=other)
    less = permission(EVA, "SELECT", table_with_columns={**other, "excluded_column_names": ["email"], "wildcard": True})
    assert changes(resource("permissions", whole, less)) == {
        ("role/shop-dev-engineer", "ext.feed", "select"): ((), ("columns email",))
    }
    named = permission(EVA, "SELECT", table_with_columns={**other, "column_names": ["id", "at"], "wildcard": False})
    assert changes(resource("permissions", named, whole)) == {
        ("role/shop-dev-engineer", "ext.feed", "select"): (("columns all others",), ())
    }


def test_a_whole_database_is_told_once() -> None:
    every = permission(
        EVA, "SELECT", "INSERT", "DELETE", table={"database_name": "gold", "name": None, "wildcard": True}
    )
    one = permission(ANA, "SELECT", table=WHOLE)
    found = changes(resource("permissions", None, every), resource("permissions", one, one))
    assert found == {
        ("role/shop-dev-engineer", "gold.*", right): (("all columns in every row",), ())
        for right in ("select", "insert", "update", "delete")
    }


def test_databases_locations_and_unknown_roles() -> None:
    unknown = permission(None, "SELECT", table=WHOLE)
    create = permission(EVA, "ALL", database={"name": "gold"})
    place = permission(EVA, "DATA_LOCATION_ACCESS", data_location={"arn": "arn:aws:s3:::x"})
    plan = {"resource_changes": [resource("permissions", None, one) for one in (unknown, create, place)]}
    found, count = granted([plan], {}, {}, AT)
    assert count == 1
    told = {(one.table, str(one.privilege), one.losses) for one in found}
    assert told == {("gold.*", "create", ()), ("gold.*", "describe", ())}, "no table, no location"


def test_several_plans_are_one_state() -> None:
    filters = {"resource_changes": [resource("data_cells_filter", None, cells("tenant_id = 7", "id"))]}
    grant = permission(ANA, "SELECT", data_cells_filter=THROUGH)
    grants = {"resource_changes": [resource("permissions", None, grant)]}
    (change,), _ = granted([filters, grants], {ORDERS.name: ORDERS}, {}, AT)
    assert change.gains == ("id in rows where tenant_id IN (7)",)
