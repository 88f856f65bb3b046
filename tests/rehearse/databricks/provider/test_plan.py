"""Plans: what a change means, by the rules of the types; the SDK's habits of null and nothing."""

from __future__ import annotations

import pytest

from lakewright.rehearse.databricks.provider import plan
from lakewright.rehearse.databricks.provider.kinds.kind import Rules, names
from lakewright.rehearse.databricks.provider.kinds.registry import KINDS
from lakewright.rehearse.databricks.provider.rivals import Rivals
from lakewright.rehearse.databricks.provider.schema import block_of, load
from lakewright.rehearse.databricks.provider.values import UNKNOWN, body_of, empty, state_of

THING = block_of(
    {
        "a": {
            "name": ["string", "r"],
            "comment": ["string", "o"],
            "owner": ["string", "oc"],
            "stamp": ["number", "c"],
            "minutes": ["number", "o"],
            "tags": [["set", "string"], "o"],
        },
        "b": {
            "role": ["list", 0, 1, {"a": {"arn": ["string", "r"], "external": ["string", "oc"]}}],
            "grant": ["set", 0, 0, {"a": {"to": ["string", "r"], "can": [["set", "string"], "r"]}}],
        },
    }
)
RULES = Rules(replace=names("name"), defaults={"minutes": 120}, volatile=names("stamp"), folded=names("name"))


def config(**given: object) -> dict[str, object]:
    return empty(THING) | {"name": "one"} | given


def applied(**given: object) -> dict[str, object]:
    return config(owner="me", stamp=1, minutes=120, role=[{"arn": "a", "external": "e"}]) | given


def test_creation_knows_defaults_and_leaves_the_rest_to_the_service() -> None:
    planned = plan.creation(THING, config(role=[{"arn": "a", "external": None}]), RULES)
    assert planned["minutes"] == 120
    assert planned["owner"] is UNKNOWN
    assert planned["stamp"] is UNKNOWN
    assert planned["comment"] is None
    assert planned["role"] == [{"arn": "a", "external": UNKNOWN}]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"comment": ""},
        {"tags": []},
        {"name": "ONE"},
        {"minutes": 120},
        {"owner": "me"},
    ],
)
def test_no_change_is_the_state_itself(given: dict[str, object]) -> None:
    prior = applied()
    asked = config(role=[{"arn": "a", "external": None}], **given)
    proposed = {**prior, **given, "role": prior["role"]}
    assert plan.change(THING, asked, prior, proposed, RULES).planned is prior


def test_a_change_makes_what_follows_unknown_and_says_what_is_made_anew() -> None:
    prior = applied()
    found = plan.change(THING, config(comment="new", role=prior["role"]), prior, prior | {"comment": "new"}, RULES)
    assert found.planned["stamp"] is UNKNOWN
    assert found.planned["owner"] == "me"
    assert found.replaced == ()
    found = plan.change(THING, config(name="two", role=prior["role"]), prior, prior | {"name": "two"}, RULES)
    assert found.replaced == ("name",)


def test_order_means_nothing_in_sets() -> None:
    grants = [{"to": "a", "can": ["x", "y"]}, {"to": "b", "can": ["z"]}]
    turned = [{"to": "b", "can": ["z"]}, {"to": "a", "can": ["y", "x"]}]
    prior = applied(grant=grants, tags=["p", "q"])
    proposed = prior | {"grant": turned, "tags": ["q", "p"]}
    asked = config(grant=turned, tags=["q", "p"], role=prior["role"])
    assert plan.change(THING, asked, prior, proposed, RULES).planned is prior


def test_what_a_service_calls_nothing_stays_as_it_was_written() -> None:
    assert state_of(THING, {"name": "n", "comment": ""}, config(comment=None))["comment"] is None
    assert state_of(THING, {"name": "n"}, config(comment=""))["comment"] == ""
    assert state_of(THING, {"name": "n"}, config(comment="x"))["comment"] is None, "drift"
    assert state_of(THING, {"name": "n", "stamp": "12"}, config())["stamp"] == 12


def test_a_block_that_can_be_there_once_is_an_object_to_the_service() -> None:
    state = config(role=[{"arn": "a", "external": UNKNOWN}], owner=UNKNOWN)
    assert body_of(THING, state) == {"name": "one", "role": {"arn": "a"}}
    assert state_of(THING, {"name": "n", "role": {"arn": "a", "external": "e"}}, config())["role"] == [
        {"arn": "a", "external": "e"}
    ]


@pytest.mark.parametrize(
    ("kind", "given", "argument"),
    [
        ("databricks_grants", {}, "catalog"),
        ("databricks_grants", {"catalog": "c", "schema": "s"}, "catalog"),
        ("databricks_storage_credential", {"name": "n"}, "aws_iam_role"),
        ("databricks_mws_workspaces", {"customer_managed_key_id": "a", "storage_customer_managed_key_id": "b"}, ""),
        ("databricks_catalog", {"storage_root": "s3://b", "share_name": "s", "provider_name": "p"}, "storage_root"),
        ("databricks_sql_endpoint", {"cluster_size": "Tiny"}, "cluster_size"),
        ("databricks_volume", {"volume_type": "BOTH"}, "volume_type"),
        ("databricks_entitlements", {"group_id": "1", "user_id": "2"}, "group_id"),
        (
            "databricks_grants",
            {"catalog": "c", "grant": [{"principal": "a", "privileges": ["X"]}, {"principal": "a", "privileges": []}]},
            "grant",
        ),
        (
            "databricks_permissions",
            {"job_id": "1", "access_control": [{"permission_level": "CAN_RUN"}]},
            "access_control",
        ),
    ],
)
def test_what_the_real_provider_refuses_is_refused(kind: str, given: dict[str, object], argument: str) -> None:
    block = load().resource(kind)
    asked = empty(block) | given
    securables = KINDS["databricks_grants"].rules.one_of[0]
    found = [name for name, _ in (*plan.mistakes(asked, KINDS[kind].rules), *KINDS[kind].mistakes(asked))]
    assert found
    assert not argument or argument in found or (argument == "catalog" and found[0] in securables)


def test_rules_name_only_arguments_that_the_schema_has() -> None:
    schema = load()
    for name, kind in KINDS.items():
        known, rules = set(schema.resource(name).names), kind.rules
        named = {*rules.replace, *rules.defaults, *rules.loose, *rules.volatile, *rules.folded, *rules.prefixed}
        named |= {*rules.json, *rules.kept, *rules.values, *(one.split(".")[0] for one in rules.secret)}
        named |= {one for group in (*rules.one_of, *rules.conflicts, *rules.together) for one in group}
        assert named <= known | {"force_destroy", "is_default"}, (name, named - known)


def test_rivals_are_told_apart_from_a_replacement() -> None:
    rivals = Rivals()
    both = {"catalog": "main", "schema": None}
    assert rivals.planned("databricks_grants", both, None, replaced=False) == []
    one = both | {"principal": "a"}
    (said,) = rivals.planned("databricks_grant", one, None, replaced=False)
    assert "catalog main" in said[0]
    again = Rivals()
    assert again.planned("databricks_grants", both, {"catalog": "old"}, replaced=True) == []
    assert again.planned("databricks_grants", both, None, replaced=False) == [], "the same resource, planned twice"
    assert again.planned("databricks_grants", both, None, replaced=False) != []
    assert again.planned("databricks_grants", {"catalog": UNKNOWN}, None, replaced=False) == []
