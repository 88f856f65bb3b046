"""The rules for Trino: who is named, what is refused. What Trino makes of them is in tests/e2e/test_trino.py."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from lakewright.errors import Mistakes
from lakewright.governance import Policy, Principal, TableFacts, policy_from_spec
from lakewright.governance.trino import compile_trino
from lakewright.governance.trino.data import exactly
from lakewright.spec.access import Access, Targets

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TABLES = [TableFacts("gold.x", {"id": "bigint", "mail": "string"}), TableFacts("gold.y", {"id": "bigint"})]


def policy(**block: Any) -> Policy:
    return policy_from_spec(Access.model_validate(block), lambda *path: "platform.yaml:1")


def rules(found: Policy, *people: Principal, targets: Targets | None = None) -> dict[str, Any]:
    compiled = compile_trino(found, people, TABLES, targets or Targets(), NOW).as_dict()
    json.dumps(compiled)
    return compiled


def granted(compiled: dict[str, Any], user: str) -> list[str]:
    """Tables of the lake for which the first rule that fits the user gives SELECT."""
    lake = [one for one in compiled["tables"] if one["catalog"] == "lake" and "table" in one]
    return [one["table"] for one in lake if re.fullmatch(one["user"], user)]


def test_nobody_and_nothing() -> None:
    compiled = rules(policy())
    assert granted(compiled, "ana") == []
    assert not any(re.fullmatch(one["user"], "ana") for one in compiled["queries"])


def test_a_rule_is_for_its_user_alone() -> None:
    found = policy(grants=[{"to": "user:a.b", "on": "gold.x"}])
    compiled = rules(found, Principal("a.b"), Principal("axb"))
    assert (granted(compiled, "a.b"), granted(compiled, "axb"), granted(compiled, "A.B")) == (["x"], [], [])


@pytest.mark.parametrize("name", ["a.b", "a+b@c", "a-b", "x" * 100, "a|b", "a(b", "ünï", "\\Q", "$"])
def test_names_are_names(name: str) -> None:
    assert re.fullmatch(exactly(name), name)
    assert not re.fullmatch(exactly(name), name + "x")


def test_what_trino_cannot_have_is_told_by_rule_with_a_way_out() -> None:
    grant = {"to": "everyone", "on": "gold.*"}
    hashed = policy(grants=[grant], masks=[{"on": "gold.x.mail", "with": "hash"}], salt="${S}")
    timed = policy(grants=[grant | {"until": "2027-01-01T00:00:00Z"}])
    for found in (hashed, timed):
        with pytest.raises(Mistakes) as refused:
            rules(found, Principal("ana"))
        (mistake,) = refused.value.mistakes
        assert (mistake.code, bool(mistake.hint), "Trino" in mistake.fact) == ("LW1010", True, True)
    assert granted(rules(timed, Principal("ana"), targets=Targets(time_limits="at_apply")), "ana") == ["x", "y"]
    exempt = policy(grants=[grant], masks=[{"on": "gold.x.mail", "with": "hash", "except": ["user:ana"]}], salt="${S}")
    assert granted(rules(exempt, Principal("ana")), "ana") == ["x", "y"]
