"""`lakewright access` as a person and as a script use it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import Call

SHOP = """lakewright: 1
platform: shop
blueprint: lakehouse-cdc@1
access:
  users:
    lina: {groups: [lake-admins]}
    eva: {groups: [data-engineers]}
    ana: {groups: [data-analysts]}
    tom: {groups: [tenant-analysts], attributes: {tenants: [1, 2]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "platform.yaml").write_text(SHOP)
    return tmp_path


def test_who_can_see_customers_e_mail(call: Call, project: Path) -> None:
    answer = call("access", "who-can", "select", "silver.customer.email", "--json").json
    assert (answer["ok"], answer["command"]) == (True, "access who-can")
    assert [(one["who"], one["masks"].get("email")) for one in answer["who"] if ":" not in one["who"]] == [
        ("lina", None),
        ("eva", "partial_email"),
    ]
    text = call("access", "who-can", "select", "silver.customer.email").out
    assert "lakehouse-cdc@1/platform.yaml:" in text
    assert call("access", "who-can", "drop", "gold.dim_date").out.count("\n") == 3


def test_can_i(call: Call, project: Path) -> None:
    allowed = call("access", "can-i", "tom", "select", "gold.revenue_metrics", "--json")
    assert (allowed.code, allowed.json["rows"]) == (0, "tenant_id IN (1, 2)")
    assert "yes: rows where tenant_id IN (1, 2)" in call("access", "can-i", "tom", "select", "gold.revenue_metrics").out
    refused = call("access", "can-i", "ana", "select", "silver.order")
    assert (refused.code, refused.out.splitlines()[0]) == (1, "no: no grant gives ana select on silver.order")
    column = call("access", "can-i", "ana", "select", "gold.dim_customer.email", "--json")
    assert (column.code, column.json["ok"], column.json["allowed"]) == (1, False, False)
    assert call("access", "can-i", "DataEngineer", "delete", "silver.order").code == 0


def test_reasons_for_a_column_are_the_rules_about_it(call: Call, project: Path) -> None:
    def reasons(column: str) -> list[str]:
        answer = call("access", "can-i", "eva", "select", f"silver.customer{column}", "--json").json
        listed = call("access", "who-can", "select", f"silver.customer{column}", "--json").json["who"]
        assert next(one["because"] for one in listed if one["who"] == "eva") == answer["because"]
        return [place.partition(" ")[2] for place in answer["because"]]

    assert reasons("") == ["access.grants[2]", "access.masks[0]", "access.masks[1]"]
    assert reasons(".email") == ["access.grants[2]", "access.masks[0]"]
    assert reasons(".phone") == ["access.grants[2]", "access.masks[1]"]
    assert reasons(".tenant_id") == ["access.grants[2]"]


def test_why_an_analyst_cannot_see_a_table(call: Call, project: Path) -> None:
    result = call("access", "why", "ana", "select", "silver.order")
    assert result.code == 0
    assert result.out.splitlines()[0] == "ana (DataAnalyst) may not select silver.order"
    assert "is to persona:DataEngineer, not to ana" in result.out
    steps = call("access", "why", "ana", "select", "gold.dim_customer.email", "--json").json["steps"]
    assert "leaves email, of class email, pii, out" in [step["text"] for step in steps]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("can-i", "anna", "select", "gold.dim_date"), 'did you mean "ana"?'),
        (("can-i", "ana", "select", "gold.dim_dat"), 'did you mean "gold.dim_date"?'),
        (("why", "ana", "select", "gold.dim_date.dy"), 'did you mean "day"?'),
        (("who-can", "read", "gold.dim_date"), "--help"),
        (("can-i", "ana", "select", "gold.dim_date", "--at", "noon"), "--at 2026-12-31"),
        (("can-i", "ana", "select", "gold.dim_date", "--from", "aws", "--context", "a=b"), "s3:GetObject"),
        (("who-can", "select", "gold.dim_date", "--account", "111111111111"), "s3:GetObject"),
        (("compile", "snowflake"), "--help"),
        (("diff", "--git", "nothing"), "diff edited.yaml"),
    ],
)
def test_wrong_questions(call: Call, project: Path, arguments: tuple[str, ...], hint: str) -> None:
    result = call("access", *arguments)
    assert (result.code, result.out) == (2, "")
    assert hint in result.err


def test_users(call: Call, project: Path) -> None:
    found = call("access", "users", "--json").json
    assert found["users"][3] == {
        "name": "tom",
        "groups": ["tenant-analysts"],
        "personas": ["TenantSpecificAnalyst"],
        "attributes": {"tenants": [1, 2]},
    }
    assert found["personas"]["LakeFormationAdmin"]["administrator"] is True
    assert "tenants: 1, 2" in call("access", "users").out


def test_what_changes_for_whom_if_this_edit_lands(call: Call, project: Path, tmp_path: Path) -> None:
    edited = tmp_path / "edited.yaml"
    edited.write_text(SHOP.replace("[1, 2]", "[1, 3]") + "  denies: [{on: gold.dim_date, to: DataAnalyst}]\n")
    changes = call("access", "diff", "edited.yaml", "--json").json["changes"]
    tom = [one for one in changes if one["principal"] == "tom"]
    assert {one["table"] for one in tom} >= {"gold.revenue_metrics", "gold.fact_order"}
    assert "gold.dim_date" not in {one["table"] for one in tom}
    assert tom[0]["gains"] == ["rows where tenant_id IN (1, 3)"]
    assert tom[0]["losses"] == ["rows where tenant_id IN (1, 2)"]
    ana = [one for one in changes if one["principal"] == "ana"]
    assert [(one["table"], one["gains"]) for one in ana] == [("gold.dim_date", [])]
    assert {one["principal"] for one in changes} == {"tom", "ana", "persona:DataAnalyst"}
    (project / "platform.yaml").write_text(edited.read_text())
    assert call("access", "diff", "edited.yaml").out == "Nothing changes for anybody.\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="MISSING ON THIS MACHINE: git")
def test_the_edit_since_the_last_commit(call: Call, project: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    for command in (["init", "-q"], ["add", "platform.yaml"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], cwd=project, check=True)
    assert call("access", "diff").out == "Nothing changes for anybody.\n"
    (project / "platform.yaml").write_text(SHOP + "  grants: [{to: 'user:ana', on: silver.tenant}]\n")
    lines = call("access", "diff").out.splitlines()
    assert lines[:2] == ["ana", "  silver.tenant select"]
    assert lines[2].startswith("    + tenant_id, slug, name")


def test_compile(call: Call, project: Path) -> None:
    assert call("access", "compile", "lake-formation", "-o", "lf.json").code == 0
    written = json.loads((project / "lf.json").read_text())
    assert written["settings"]["admins"] == ["lina"]
    assert any(one["row_expression"] == "tenant_id IN (1, 2)" for one in written["filters"])
    unity = call("access", "compile", "unity-catalog", "--catalog", "shop", "--json").json["compiled"]
    assert "GRANT USE CATALOG ON CATALOG `shop` TO `data-analysts`" in unity["statements"]
    (project / "platform.yaml").write_text(SHOP + "  grants: [{to: DataAnalyst, on: silver.a, until: 2030-01-01}]\n")
    refused = call("access", "compile", "lake-formation", "--json")
    assert (refused.code, refused.json["errors"][0]["code"]) == (2, "LW1010")
    assert refused.json["errors"][0]["place"] == "platform.yaml:10"


def test_check_tells_what_does_not_fit_the_tables(call: Call, project: Path) -> None:
    (project / "platform.yaml").write_text(SHOP + "  grants: [{to: DataAnalyst, on: gold.dim_date, rows: dt = 1}]\n")
    result = call("check", "--offline")
    assert result.code == 2
    assert "LW1005 platform.yaml:10: access.grants[9]: gold.dim_date: dt is date, and 1 is no value of it" in result.err
