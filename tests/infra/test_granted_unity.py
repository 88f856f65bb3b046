"""Who gains and loses what in Unity Catalog by a plan, from Terraform's plan JSON alone.

The attributes are those of the Databricks provider's documentation for each resource type.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lakewright.infra.granted_unity import Privileged, granted_unity

AT = datetime(2026, 11, 1, tzinfo=UTC)
Said = dict[str, Any]
EVERY = ("all columns in every row",)


def resource(kind: str, before: Said | None, after: Said | None, index: str = "", **unknown: bool) -> Said:
    change = {"before": before, "after": after, "after_unknown": unknown}
    found = {"address": f"x.{kind}", "mode": "managed", "type": f"databricks_{kind}", "change": change}
    return found | ({"index": index} if index else {})


def grants(kind: str, name: str | None, **given: list[str]) -> Said:
    listed = [{"principal": who, "privileges": privileges} for who, privileges in given.items()]
    return {"catalog": None, "schema": None, "table": None, kind: name, "grant": listed}


CATALOG = grants("catalog", "main", analysts=["USE_CATALOG"])
USE = ["USE_SCHEMA"]


def told(*resources: Said) -> tuple[dict[tuple[str, str, str], tuple[Any, Any]], list[Privileged], int]:
    changes, privileged, unknown = granted_unity([{"resource_changes": list(resources)}], AT)
    return (
        {(one.principal, one.table, str(one.privilege)): (one.gains, one.losses) for one in changes},
        privileged,
        unknown,
    )


def test_select_on_a_schema_comes_and_goes() -> None:
    without, with_ = (
        grants("schema", "main.gold", analysts=USE),
        grants("schema", "main.gold", analysts=[*USE, "SELECT"]),
    )
    kept = resource("grants", CATALOG, CATALOG)
    changes, privileged, unknown = told(kept, resource("grants", without, with_))
    assert changes == {("analysts", "main.gold.*", "select"): (EVERY, ())}
    assert (privileged, unknown) == ([Privileged("analysts", "schema main.gold", ("SELECT",), ())], 0)
    changes, privileged, _ = told(kept, resource("grants", with_, without))
    assert changes == {("analysts", "main.gold.*", "select"): ((), EVERY)}
    assert privileged == [Privileged("analysts", "schema main.gold", (), ("SELECT",))]


def test_without_the_use_chain_nothing_is_gained() -> None:
    """It is a grant all the same."""
    changes, privileged, _ = told(resource("grants", None, grants("schema", "main.gold", analysts=[*USE, "SELECT"])))
    assert changes == {}
    assert privileged == [Privileged("analysts", "schema main.gold", ("SELECT", "USE_SCHEMA"), ())]
    table = grants("table", "main.gold.days", analysts=["SELECT"])
    assert told(resource("grants", CATALOG, CATALOG), resource("grants", None, table))[0] == {}


def test_who_loses_the_use_of_the_catalog_loses_everything() -> None:
    gold = grants("schema", "main.gold", analysts=[*USE, "SELECT", "MODIFY"])
    changes, privileged, _ = told(resource("grants", CATALOG, None), resource("grants", gold, gold))
    assert {(table, right) for _, table, right in changes} == {
        ("main.gold.*", right) for right in ("select", "insert", "update", "delete")
    }
    assert all(losses == EVERY and not gains for gains, losses in changes.values())
    assert privileged == [Privileged("analysts", "catalog main", (), ("USE_CATALOG",))]


def test_a_catalogs_privileges_hold_in_its_schemas() -> None:
    """ALL PRIVILEGES has no MANAGE."""
    gold = resource("grants", grants("schema", "main.gold", others=USE), grants("schema", "main.gold", others=USE))
    changes, _, _ = told(gold, resource("grants", None, grants("catalog", "main", admins=["ALL PRIVILEGES"])))
    rights = {right for who, table, right in changes if (who, table) == ("admins", "main.gold.*")}
    assert rights == {"select", "insert", "update", "delete", "create"}


def test_one_principals_grants() -> None:
    """`databricks_grant` is about one principal."""
    one = {"schema": "main.gold", "catalog": None, "principal": "analysts", "privileges": [*USE, "SELECT"]}
    changes, _, _ = told(resource("grants", CATALOG, CATALOG), resource("grant", None, one))
    assert changes == {("analysts", "main.gold.*", "select"): (EVERY, ())}


def test_names_that_come_with_the_apply() -> None:
    """A new schema's id is not known; the key says which it is. Without a key it is counted."""
    new = grants("schema", None, analysts=[*USE, "SELECT"])
    kept = resource("grants", CATALOG, CATALOG)
    changes, _, unknown = told(kept, resource("grants", None, new, index="main.gold", schema=True))
    assert (list(changes), unknown) == ([("analysts", "main.gold.*", "select")], 0)
    assert told(kept, resource("grants", None, new, schema=True))[2] == 1


def test_owners_and_workspaces() -> None:
    before = {"name": "main", "owner": "admins", "isolation_mode": "OPEN"}
    after = {"name": "main", "owner": "eve@example.com", "isolation_mode": "ISOLATED"}
    binding = {"securable_name": "main", "securable_type": "catalog", "workspace_id": 7,
               "binding_type": "BINDING_TYPE_READ_ONLY"}  # fmt: skip
    _, privileged, _ = told(resource("catalog", before, after), resource("workspace_binding", None, binding))
    assert privileged == [
        Privileged("admins", "catalog main", (), ("OWNER",)),
        Privileged("eve@example.com", "catalog main", ("OWNER",), ()),
        Privileged("every workspace", "catalog main", (), ("BINDING_TYPE_READ_WRITE",)),
        Privileged("workspace 7", "catalog main", ("BINDING_TYPE_READ_ONLY",), ()),
    ]


def test_nothing_changes() -> None:
    place = {"external_location": "lake", "grant": [{"principal": "a", "privileges": ["READ_FILES"]}]}
    assert told(resource("grants", place, place)) == ({}, [], 0)
    assert told(resource("grants", None, place))[1] == [Privileged("a", "external_location lake", ("READ_FILES",), ())]
