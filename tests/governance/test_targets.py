"""The same policy, read back from what was compiled for Lake Formation and Unity Catalog, decides alike."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakewright.errors import Mistakes
from lakewright.governance import Allowed, Denied, Policy, Principal, Privilege
from lakewright.governance.lake_formation import compile_lake_formation, load_lake_formation
from lakewright.governance.unity_catalog import compile_unity_catalog, load_unity_catalog
from lakewright.spec import Secret
from lakewright.spec.access import Targets

from .test_decide import Cells, shown
from .worlds import BLOCKS, CUSTOMER, NOW, ORDER, PEOPLE, PERSONAS, TABLES, access_of, people, policy_of_block, row_of

Rows = dict[str, list[dict[str, Any]]]
ROWS = st.fixed_dictionaries({table.name: st.lists(row_of(table), min_size=1, max_size=4) for table in TABLES})


def lake_formation(policy: Policy, who: list[Principal]) -> Policy | None:
    """Read back from what was compiled; None when the target cannot express it."""
    try:
        state = compile_lake_formation(policy, who, TABLES, Targets(), NOW)
    except Mistakes as wrong:
        return _refused(wrong)
    json.dumps(state.as_dict())
    return load_lake_formation(state)


def unity_catalog(policy: Policy, who: list[Principal]) -> Policy | None:
    try:
        state = compile_unity_catalog(policy, who, TABLES, Targets(), NOW)
    except Mistakes as wrong:
        return _refused(wrong)
    json.dumps(state.as_dict())
    return load_unity_catalog(state)


def _refused(wrong: Mistakes) -> None:
    assert {mistake.code for mistake in wrong.mistakes} == {"LW1010"}
    assert all(mistake.hint for mistake in wrong.mistakes)


def values(cells: Cells) -> dict[str, Any] | None:
    """What can be told apart in every target: a column that is left out and one that is NULL cannot."""
    return None if cells is None else {column: value for column, value in cells.items() if value is not None}


def compare(policy: Policy, other: Policy, who: list[Principal], rows: Rows) -> None:
    for principal in who:
        elsewhere = other.principal(principal.name, principal.groups)
        for table in TABLES:
            for row in rows[table.name]:
                expected = values(shown(policy, principal, table, row))
                assert values(shown(other, elsewhere, table, row)) == expected, (principal.name, table.name, row)


@given(BLOCKS, ROWS)
@settings(max_examples=300, deadline=None)
def test_lake_formation_decides_alike(block: dict[str, Any], rows: Rows) -> None:
    policy, who = policy_of_block(block), list(people(block).values())
    compiled = lake_formation(policy, who)
    if compiled is not None:
        compare(policy, compiled, who, rows)


@given(BLOCKS, ROWS)
@settings(max_examples=300, deadline=None)
def test_unity_catalog_decides_alike(block: dict[str, Any], rows: Rows) -> None:
    policy, who = policy_of_block(block), list(people(block).values())
    compiled = unity_catalog(policy, who)
    if compiled is not None:
        compare(policy, compiled, who, rows)


WRITES = (Privilege.INSERT, Privilege.UPDATE, Privilege.DELETE, Privilege.ALTER, Privilege.DROP, Privilege.CREATE)
_rights = st.sampled_from(
    [
        ["insert", "update", "delete"],
        ["insert"],
        ["delete"],
        ["alter", "drop"],
        ["create"],
        ["all"],
        ["select", "update"],
    ]
)
_written = st.fixed_dictionaries(
    {
        "to": st.sampled_from(["Analyst", "Engineer", "group:tenants", "user:ed"]),
        "on": st.sampled_from(["gold.*", "silver.*", "gold.orders"]),
        "can": _rights,
        "with_grant_option": st.booleans(),
    }
)
_denials = st.fixed_dictionaries({"on": st.sampled_from(["gold.orders", "gold.*"]), "to": st.just("group:tenants")})


@given(st.lists(_written, min_size=1, max_size=3), st.lists(_denials, max_size=1), st.sampled_from(["lf", "uc"]))
@settings(max_examples=300, deadline=None)
def test_writing_is_decided_alike(grants: list[dict[str, Any]], denies: list[dict[str, Any]], target: str) -> None:
    rules = block(grants=grants, denies=denies)
    policy, who = policy_of_block(rules), list(people(rules).values())
    compiled = (lake_formation if target == "lf" else unity_catalog)(policy, who)
    for principal in who if compiled else ():
        assert compiled is not None
        elsewhere = compiled.principal(principal.name, principal.groups)
        for table in TABLES:
            for privilege in WRITES:
                here, there = (
                    p.decide(w, table, privilege, NOW) for p, w in ((policy, principal), (compiled, elsewhere))
                )
                assert type(here) is type(there), (principal.name, table.name, privilege)
                if isinstance(here, Allowed) and isinstance(there, Allowed):
                    assert here.grantable == there.grantable


def block(**parts: Any) -> dict[str, Any]:
    return {"users": PEOPLE, "personas": PERSONAS} | parts


def test_lake_formation_as_plain_data() -> None:
    rules = block(
        grants=[{"to": "Tenant", "on": "gold.customer", "rows": "tenant_id in user.tenants", "classes": "email"}],
        masks=[{"classes": "email", "with": "partial_email"}],
    )
    policy, who = policy_of_block(rules), list(people(rules).values())
    data = compile_lake_formation(policy, who, [CUSTOMER], Targets(), NOW).as_dict()
    assert data["settings"]["create_table_default_permissions"] == []
    assert [(one["database"], one["table"], one["principal"]) for one in data["revokes"]] == [
        ("gold", "", "IAM_ALLOWED_PRINCIPALS"),
        ("gold", "customer", "IAM_ALLOWED_PRINCIPALS"),
    ]
    assert data["filters"] == [
        {"database": "gold", "table": "customer", "name": "customer_1", "columns": ["id", "tenant_id", "active"],
         "row_expression": "tenant_id IN (1, 2)"},
        {"database": "gold", "table": "customer", "name": "customer_2", "columns": ["id", "tenant_id", "active"],
         "row_expression": "tenant_id IN (3)"},
    ]  # fmt: skip
    assert {(p["principal"], p["table"], p["filter"]) for p in data["permissions"] if p["table"] == "customer"} == {
        ("bo", "customer", "customer_1"),
        ("di", "customer", "customer_2"),
    }
    assert data["tags"][0] == {
        "database": "gold", "table": "customer", "column": "email", "key": "class", "values": ["email", "pii"],
    }  # fmt: skip
    view = data["views"][0]["sql"]
    assert view.endswith('FROM "gold"."customer"\nWHERE tenant_id IN (1, 2)')
    assert """regexp_replace("email", '(?s)\\A([^@]).*@([^@]+)\\z', '$1***@$2')""" in view


def test_unity_catalog_as_statements() -> None:
    rules = block(
        grants=[
            {"to": "Engineer", "on": "gold.customer", "classes": "*"},
            {"to": "Analyst", "on": "gold.customer", "rows": "tenant_id in user.tenants", "classes": "email"},
        ],
        masks=[{"classes": "email", "with": "redact", "except": "Engineer"}],
    )
    policy, who = policy_of_block(rules), list(people(rules).values())
    data = compile_unity_catalog(policy, who, [CUSTOMER], Targets(), NOW, "shop").as_dict()
    assert data["statements"][:4] == [
        "CREATE OR REPLACE FUNCTION `shop`.`gold`.`customer__rows`(`tenant_id` bigint) RETURNS BOOLEAN RETURN "
        "(is_account_group_member('engineers') OR (is_account_group_member('analysts') AND (current_user() = 'bo' AND "
        "`tenant_id` IN (1, 2))))",
        "ALTER TABLE `shop`.`gold`.`customer` SET ROW FILTER `shop`.`gold`.`customer__rows` ON (`tenant_id`)",
        "CREATE OR REPLACE FUNCTION `shop`.`gold`.`customer__email`(`email` string) RETURNS string RETURN "
        "CASE WHEN is_account_group_member('engineers') THEN `email` ELSE "
        "CASE WHEN `email` IS NOT NULL THEN '[redacted]' END END",
        "ALTER TABLE `shop`.`gold`.`customer` ALTER COLUMN `email` SET MASK `shop`.`gold`.`customer__email`",
    ]
    assert "GRANT USE CATALOG ON CATALOG `shop` TO `analysts`" in data["statements"]
    assert "GRANT USE SCHEMA ON SCHEMA `shop`.`gold` TO `analysts`" in data["statements"]
    assert "GRANT SELECT ON TABLE `shop`.`gold`.`customer` TO `analysts`" in data["statements"]


def test_without_the_use_chain_a_grant_gives_nothing() -> None:
    rules = block(grants=[{"to": "Analyst", "on": "gold.*"}])
    policy, who = policy_of_block(rules), people(rules)
    state = compile_unity_catalog(policy, who.values(), TABLES, Targets(), NOW)
    assert isinstance(load_unity_catalog(state).decide(who["ana"], ORDER, Privilege.SELECT, NOW), Allowed)
    for missing in ("USE CATALOG", "USE SCHEMA"):
        kept = tuple(grant for grant in state.grants if missing not in grant.privileges)
        less = load_unity_catalog(replace(state, grants=kept))
        assert isinstance(less.decide(who["ana"], ORDER, Privilege.SELECT, NOW), Denied)


LONG = "id in (" + ", ".join(map(str, range(1000))) + ")"
SALTED: dict[str, Any] = {"salt": "${SALT}", "masks": [{"classes": "email", "with": "hash"}]}
EVERYTHING = {"to": "everyone", "on": "gold.*", "classes": "*"}
REFUSED = {
    "a time limit": ({"grants": [EVERYTHING | {"until": "2027-01-01"}]}, "both", "access.grants[0]"),
    "a long list": ({"grants": [EVERYTHING | {"rows": LONG}]}, "lf", "access.grants[0]"),
    "a date in a row filter": (
        {"grants": [EVERYTHING], "filters": [{"on": "gold.days", "rows": "day > '2026-01-01'"}]},
        "lf",
        "access.filters[0]",
    ),
    "a hash": ({"grants": [EVERYTHING]} | SALTED, "lf", "access.masks[0]"),
    "masks, where they are refused": (
        {"grants": [EVERYTHING], "masks": [{"classes": "email", "with": "redact"}],
         "targets": {"lake_formation": "refuse"}},
        "lf",
        "access.masks[0]",
    ),
    "update alone": ({"grants": [{"to": "everyone", "on": "gold.*", "can": "update"}]}, "both", "access.grants[0]"),
    "writing under a filter": (
        {"grants": [EVERYTHING | {"can": "insert"}], "filters": [{"on": "gold.orders", "rows": "id = 1"}]},
        "lf",
        "access.filters[0]",
    ),
    "making one table": ({"grants": [EVERYTHING | {"on": "gold.new", "can": "create"}]}, "uc", "access.grants[0]"),
    "passing on alone": ({"grants": [EVERYTHING | {"with_grant_option": True}]}, "uc", "access.grants[0]"),
    "a denial of writing": (
        {"grants": [EVERYTHING | {"can": ["insert", "update", "delete"]}],
         "denies": [{"on": "gold.orders", "can": "delete"}]},
        "uc",
        "access.denies[0]",
    ),
    "columns, where they are refused": (
        {"grants": [EVERYTHING | {"columns": "id"}], "targets": {"unity_catalog": "refuse"}},
        "uc",
        "access.grants[0]",
    ),
    "two masks": (
        {"grants": [EVERYTHING], "masks": [{"classes": "email", "with": "redact"}, {"on": "*.*.email", "with": None}]},
        "uc",
        "access.masks[1]",
    ),
    "describing alone": ({"grants": [EVERYTHING | {"can": "describe"}]}, "uc", "access.grants[0]"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_target_cannot_express_names_rule_target_and_way_out(name: str) -> None:
    parts, target, rule = REFUSED[name]
    rules = block(**parts)
    policy, who, targets = policy_of_block(rules), people(rules).values(), access_of(rules).targets
    compilers = {"lf": (compile_lake_formation, "Lake Formation"), "uc": (compile_unity_catalog, "Unity Catalog")}
    for short in ("lf", "uc") if target == "both" else (target,):
        compiler, title = compilers[short]
        with pytest.raises(Mistakes) as caught:
            compiler(policy, who, TABLES, targets, NOW)
        assert all(f"{rule}: {title} " in mistake.fact and mistake.hint for mistake in caught.value.mistakes)


def test_a_hash_in_unity_catalog_reads_its_salt_from_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALT", "pepper")
    rules = block(grants=[EVERYTHING]) | SALTED
    policy, who = policy_of_block(rules), people(rules)
    state = compile_unity_catalog(policy, who.values(), TABLES, Targets(), NOW)
    assert "pepper" not in json.dumps(state.as_dict())
    back = load_unity_catalog(state, Secret("${SALT}"))
    row = {"id": 1, "tenant_id": 1, "email": "a@b", "phone": None, "active": None}
    assert shown(back, who["ed"], CUSTOMER, row) == shown(policy, who["ed"], CUSTOMER, row)


def test_time_limits_at_apply() -> None:
    rules = block(grants=[EVERYTHING | {"until": "2026-06-02"}], targets={"time_limits": "at_apply"})
    policy, who, targets = policy_of_block(rules), people(rules).values(), access_of(rules).targets
    for compiler in (compile_lake_formation, compile_unity_catalog):
        before, after = (compiler(policy, who, TABLES, targets, at).as_dict() for at in (NOW, NOW + timedelta(days=2)))
        assert str(before).count("SELECT") > 0 == str(after).count("SELECT")
