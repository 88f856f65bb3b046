"""Whom a made table belongs to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from lakewright.catalog.ownership import owned
from lakewright.governance import Allowed, Mask, Policy, Privilege, TableFacts
from lakewright.governance.policy import PersonaFacts
from lakewright.governance.rules import Deny, Filter, Grant, MaskRule
from lakewright.spec.rows import parse_rows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MADE = TableFacts("gold.copy", {"id": "int", "tenant": "int", "email": "string"}, {"email": frozenset({"email"})})
LAKE = replace(MADE, name="gold.orders")
WIDE = Grant("p:1", ("gold.*",), to=frozenset({"group:analysts"}), can=frozenset({Privilege.SELECT}))
POLICY = Policy(grants=(WIDE,), personas={"Admin": PersonaFacts(users=frozenset({"root"}), administrator=True)})


def allowed(
    policy: Policy, who: str, privilege: Privilege = Privilege.SELECT, table: TableFacts = MADE
) -> Allowed | None:
    principal = policy.principal(who, ["analysts"] if who in ("ana", "ben") else [])
    found = owned(policy, {"gold.copy": "ana"}).decide(principal, table, privilege, NOW)
    return found if isinstance(found, Allowed) else None


def test_patterns_give_nothing_of_made_tables() -> None:
    assert allowed(POLICY, "ben") is None
    assert allowed(POLICY, "ben", table=LAKE) is not None
    named = replace(POLICY, grants=(WIDE, replace(WIDE, on=("Gold.Copy",))))
    found = allowed(named, "ben")
    assert found is not None
    assert found.columns == ("id", "tenant")  # personal data stays closed


def test_owner_and_administrators_may_do_everything() -> None:
    for who in ("ana", "root"):
        for privilege in Privilege:
            found = allowed(POLICY, who, privilege)
            assert found is not None, (who, privilege)
            assert found.columns == ("id", "tenant", "email")
    assert allowed(POLICY, "root", table=LAKE) is None  # administrators have what the policy grants them


def test_denials_filters_and_masks_hold_for_the_owner_too() -> None:
    rows = Filter("p:2", ("gold.*",), parse_rows("tenant = 1"))
    mask = MaskRule("p:3", ("*.*",), Mask("redact"), classes=frozenset({"email"}))
    found = allowed(replace(POLICY, filters=(rows,), masks=(mask,)), "ana")
    assert found is not None
    assert found.rows is not None
    assert found.rows.columns() == {"tenant"}
    assert set(found.masks) == {"email"}
    deny = Deny("p:4", ("gold.*",), to=frozenset({"user:ana"}), can=frozenset({Privilege.SELECT}))
    assert allowed(replace(POLICY, denies=(deny,)), "ana") is None
    no_column = Filter("p:5", ("gold.*",), parse_rows("region = 'x'"))
    assert allowed(replace(POLICY, filters=(no_column,)), "ana") is None
