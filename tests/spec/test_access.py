"""The `access:` and `query:` blocks: every mistake with its line, several files, the identity file."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lakewright.errors import Mistakes
from lakewright.spec import Project, load_project
from lakewright.spec.document import read_document
from lakewright.spec.reference import json_schema
from lakewright.spec.resolved import resolve

HEAD = """lakewright: 1
platform: shop
access:
  users: {ana: {groups: [a], attributes: {tenants: [1, 2]}}}
  personas: {Analyst: {groups: [a]}}
"""
ANA = "{ana: {groups: [a], attributes: {tenants: [1, 2]}}}"
GRANT = HEAD + "  grants:\n    - "


def project(root: Path, text: str, **files: str) -> Project:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_yaml", ".yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    (root / "platform.yaml").write_text(text)
    return load_project(root)


def plain(text: str) -> object:
    """As editors read it: YAML 1.2, in which `on` is text."""
    return read_document(text, "x")[0].plain()


def told(root: Path, text: str, **files: str) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        project(root, text, **files)
    return [str(mistake) for mistake in caught.value.mistakes]


FULL = """lakewright: 1
platform: shop
access:
  inherit: true
  users:
    ana: {groups: [a], attributes: {tenants: [1, x], tier: small}}
    svc-etl@example.com: {}
  personas:
    Analyst: {groups: [a], users: [ana], administrator: false, description: Reads.}
  conditions:
    open_ones: status in ('open', 'paid') and not (deleted = true)
  classes:
    email: "*.*.email"
  salt: "${SALT}"
  grants:
    - {to: Analyst, on: gold.*}
    - {to: [group:a, user:ana, everyone], on: [silver.a, "*.b"], can: [select, describe], columns: [id, "e*"],
       classes: "*", rows: open_ones and tenant_id in user.tenants, from: 2026-01-01, until: 2026-06-01T10:00+02:00}
    - {to: Analyst, on: silver.*, can: all, with_grant_option: true}
    - {to: Analyst, on: silver.*, without: [email]}
  denies:
    - {on: gold.secret, except: Analyst}
  filters:
    - {on: gold.*, rows: tenant_id is not null}
  masks:
    - {on: silver.customer.email, with: hash, except: [Analyst]}
    - {classes: email, with: null}
  targets: {lake_formation: refuse, unity_catalog: refuse, time_limits: at_apply}
query:
  workgroups:
    team: {for: Analyst, scan_limit: 10MB, results: "s3://bucket/x/", encryption: {option: sse_kms, key: "arn:k"},
           enforce: false, timeout: 90s, memory: 1GB, concurrency: 2, keep: 7d}
  named_queries:
    q: {sql: SELECT 1, workgroup: team}
"""


def test_the_whole_language(tmp_path: Path) -> None:
    platform = project(tmp_path, FULL).platform
    grant = platform.access.grants[1]
    assert (grant.until.isoformat() if grant.until else "") == "2026-06-01T10:00:00+02:00"
    assert platform.access.users["ana"].attributes == {"tenants": (1, "x"), "tier": ("small",)}
    assert platform.access.masks[1].kind == "null"
    assert platform.query.workgroups["team"].timeout == 90
    assert platform.query.workgroup("primary") is not None
    Draft202012Validator(json_schema()).validate(plain(FULL))


@pytest.mark.parametrize(
    ("content", "told_of"),
    [
        (None, "LW113 "),
        ("", "LW101 users.yaml:1: the file is empty; hint: a YAML"),
        ("- ana\n", "LW"),
        ("ana: {", "LW"),
    ],
)
def test_an_identity_file_that_cannot_be_read_is_one_mistake(tmp_path: Path, content: str | None, told_of: str) -> None:
    text = HEAD.replace(ANA, "users.yaml").replace("[a]}", "[a], users: [ana]}")
    text += "  grants: [{to: ['user:ana', 'group:a', 'group:b'], on: gold.*, rows: x in user.tenants}]\n"
    (only,) = told(tmp_path, text, **({} if content is None else {"users_yaml": content}))
    assert only.startswith(told_of), only


CASES = {
    "an unknown persona": (GRANT + "{to: Analist, on: gold.*}", "LW1002", 7, 'did you mean "Analyst"?'),
    "a user without prefix": (GRANT + "{to: ana, on: gold.*}", "LW1002", 7, "did you mean user:ana?"),
    "an unknown group": (GRANT + "{to: 'group:b', on: gold.*}", "LW1002", 7, "declared: a"),
    "no table": (GRANT + "{to: Analyst}", "LW106", 7, "database.table"),
    "a table without database": (GRANT + "{to: Analyst, on: orders}", "LW107", 7, "gold.*"),
    "a column in on": (GRANT + "{to: Analyst, on: gold.a.b}", "LW107", 7, "gold.*"),
    "an unknown right": (GRANT + "{to: Analyst, on: gold.*, can: read}", "LW107", 7, ""),
    "rows that cannot be read": (GRANT + "{to: Analyst, on: gold.*, rows: a = }", "LW1001", 7, "for example"),
    "a column against a column": (GRANT + "{to: Analyst, on: gold.*, rows: a = b}", "LW1001", 7, "single quotes"),
    "an unknown condition": (GRANT + "{to: Analyst, on: gold.*, rows: active}", "LW1002", 7, "active = true"),
    "an unknown attribute": (GRANT + "{to: Analyst, on: gold.*, rows: t in user.tenant}", "LW1002", 7, "tenants"),
    "columns and without": (GRANT + "{to: Analyst, on: gold.*, columns: a, without: b}", "LW107", 7, "keep"),
    "rows for writing": (GRANT + "{to: Analyst, on: gold.*, can: insert, rows: a = 1}", "LW1003", 7, "its own"),
    "until before from": (GRANT + "{to: Analyst, on: g.a, from: 2026-02-01,\n until: 2026-01-01}", "LW107", 8, "swap"),
    "no date": (GRANT + "{to: Analyst, on: g.a, until: tomorrow}", "LW107", 7, "2026-12-31"),
    "an unknown key": (GRANT + "{to: Analyst, on: g.a, column: x}", "LW104", 7, 'did you mean "columns"?'),
    "a hash without salt": (HEAD + "  masks:\n    - {on: a.b.c, with: hash}", "LW1004", 7, "LAKEWRIGHT_SALT"),
    "a mask on nothing": (HEAD + "  masks:\n    - {with: hash}", "LW106", 7, "silver.customer.email"),
    "a mask on a table": (HEAD + "  masks:\n    - {on: a.b, with: null}", "LW107", 7, "silver.customer.email"),
    "an unknown mask": (HEAD + "  masks:\n    - {on: a.b.c, with: hide}", "LW107", 7, ""),
    "a salt in clear text": (HEAD + "  salt: 'postgresql://u:secret@h'", "LW109", 6, ""),
    "a plain salt": (HEAD + "  salt: pepper", "LW109", 6, "LAKEWRIGHT_SALT"),
    "an unknown user of a persona": (HEAD.replace("[a]}}\n", "[a], users: [anna]}}\n"), "LW1002", 5, "ana"),
    "conditions in a circle": (HEAD + "  conditions:\n    x: y\n    y: x or a = 1", "LW1002", 7, "write one"),
    "a bad attribute": (HEAD.replace("[1, 2]", "[1.5]"), "LW105", 4, "tenants: [1, 2]"),
    "no identity file": (HEAD.replace(ANA, "x.yaml"), "LW113", 4, "ana"),
    "an identity file outside": (
        HEAD.replace(ANA, "../x.yaml"), "LW112", 4, "this folder"
    ),
    "a scan limit below Athena's": (HEAD + "query: {workgroups: {w: {scan_limit: 1MB}}}", "LW107", 6, "10MB"),
    "a key for no KMS": (HEAD + "query: {workgroups: {w: {encryption: {option: sse_kms}}}}", "LW107", 6, "key:"),
    "results in a folder": (HEAD + "query: {workgroups: {w: {results: /tmp}}}", "LW107", 6, "s3://"),
    "a timeout of days": (HEAD + "query: {workgroups: {w: {timeout: 2d}}}", "LW105", 6, "30m"),
    "an unknown workgroup": (HEAD + "query: {named_queries: {q: {sql: x, workgroup: y}}}", "LW1002", 6, "primary"),
    "a workgroup for nobody": (HEAD + "query: {workgroups: {w: {for: B}}}", "LW1002", 6, "Analyst"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_mistakes(tmp_path: Path, name: str) -> None:
    text, code, line, hint = CASES[name]
    first = told(tmp_path, text)[0]
    assert first.startswith(f"{code} platform.yaml:{line}: ")
    assert hint in first


def test_all_mistakes_in_one_pass(tmp_path: Path) -> None:
    """Those of shape, those between the parts, and those of other blocks; one hides none of the others."""
    text = (
        "lakewright: 1\nplatform: shop\nownr: x\naccess:\n  grants:\n"
        "    - {to: Nobody, on: gold.*}\n    - {to: everyone, on: gold}\n    - {to: everyone, on: g.a, rows: (a = 1}\n"
        "  masks:\n    - {on: a.b.c, with: hash}\nquery:\n  named_queries: {q: {workgroup: y}}\n"
    )
    assert [(one[:6].strip(), one.split(":")[1]) for one in told(tmp_path, text)] == [
        ("LW104", "3"), ("LW1002", "6"), ("LW107", "7"), ("LW1001", "8"), ("LW1004", "10"), ("LW106", "12"),
    ]  # fmt: skip


def test_lists_of_several_files_add_up(tmp_path: Path) -> None:
    part = "owner: crm\naccess:\n  grants:\n    - {to: Analyst, on: crm.*}\n  personas: {Crm: {}}\n"
    shop = project(tmp_path, GRANT + "{to: Analyst, on: gold.*}\ninclude: [teams/*.yaml]\n", teams__crm_yaml=part)
    assert [grant.on for grant in shop.platform.access.grants] == [("gold.*",), ("crm.*",)]
    assert shop.place("access", "grants", 1) == "teams/crm.yaml:4"
    assert set(shop.platform.access.personas) == {"Analyst", "Crm"}


def test_two_files_may_not_declare_one_user(tmp_path: Path) -> None:
    part = "access:\n  users: {ana: {groups: [b]}}\n"
    assert told(tmp_path, HEAD + "include: [p.yaml]\n", p_yaml=part)[0].startswith("LW115 p.yaml:2")


def test_the_identity_file(tmp_path: Path) -> None:
    text = HEAD.replace(ANA, "users.yaml")
    shop = project(tmp_path, text, users_yaml="# people\nana: {groups: [a]}\n")
    assert shop.platform.access.users["ana"].groups == ("a",)
    origins = {value.key: value.origin for value in resolve(shop)}
    assert origins["access.users.ana.groups"] == "users.yaml:2"
    assert told(tmp_path, text, users_yaml="ana: {group: [a]}\n")[0].startswith("LW104 users.yaml:1: access.users.ana")


def test_a_blueprint_s_rules_stay_unless_refused(tmp_path: Path) -> None:
    own = (
        "lakewright: 1\nplatform: s\nblueprint: lakehouse-cdc@1\naccess:\n  grants: [{to: DataAnalyst, on: silver.a}]\n"
    )
    both = project(tmp_path, own)
    assert both.platform.access.grants[0].to == ("LakeFormationAdmin",)
    assert both.platform.access.grants[-1].on == ("silver.a",)
    assert len(both.platform.access.masks) == 2
    alone = own.replace("access:\n", "access:\n  inherit: false\n")
    assert len(project(tmp_path, alone).platform.access.grants) == 1
    assert project(tmp_path, alone).platform.access.masks == ()


def test_every_value_says_where_it_comes_from(tmp_path: Path) -> None:
    found = {value.key: (value.text, value.origin) for value in resolve(project(tmp_path, FULL))}
    assert found["access.grants.0.on"] == ("[gold.*]", "platform.yaml:16")
    assert found["access.grants.1.until"] == ("2026-06-01 10:00:00+02:00", "platform.yaml:18")
    assert found["access.masks.0.with"] == ("hash", "platform.yaml:26")
    assert found["access.masks.0.except"] == ("[Analyst]", "platform.yaml:26")
    assert found["access.salt"] == ("${SALT}", "environment, named in platform.yaml:14")
    assert found["query.workgroups.team.for"] == ("[Analyst]", "platform.yaml:31")


BEYOND_A_SCHEMA = {
    "an unknown persona", "an unknown user of a persona", "a user without prefix", "an unknown group",
    "rows that cannot be read",
    "a column against a column", "an unknown condition", "an unknown attribute", "columns and without",
    "rows for writing", "until before from", "a hash without salt", "a mask on nothing", "conditions in a circle",
    "no identity file", "an identity file outside", "a scan limit below Athena's", "a key for no KMS",
    "results in a folder", "an unknown workgroup", "a workgroup for nobody",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES.keys() - BEYOND_A_SCHEMA))
def test_the_schema_refuses_them_too(name: str) -> None:
    assert not Draft202012Validator(json_schema()).is_valid(plain(CASES[name][0]))
