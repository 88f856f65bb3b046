"""Secrets' inputs: which there are, how they are named, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lakewright.components.component import File, FilePath, Output
from lakewright.components.packed import packed
from lakewright.components.registry import component
from lakewright.components.secrets.component import PROGRAM, secret_name, secret_pattern
from lakewright.errors import SpecError
from lakewright.policy.iam import Answer
from lakewright.policy.principals import Caller
from lakewright.spec import Project

from .meaning import ENGINEER, OWN, of_identity, of_resource
from .roots import ACCOUNT, context, decide, project

ROTATION = "shop-dev-secret-rotation"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project(tmp_path_factory.mktemp("shop"))


def test_each_source_has_an_empty_one_for_its_owner(shop: Project) -> None:
    inputs = decide(context(shop, "secrets", "kms_key"), "secrets").inputs
    secrets: Any = inputs["secrets"]
    assert list(secrets) == ["source-shop"]
    assert "random" not in secrets["source-shop"]
    assert inputs["kms_key_arn"] == Output("kms_key", "arn")


def test_random_parts_and_plain_ones(shop: Project) -> None:
    said = {"app": {"random": ["jwt_secret", "api_key"], "length": 48}, "database": {"values": {"username": "shop"}}}
    secrets: Any = decide(context(shop, "secrets"), "secrets", secrets=said).inputs["secrets"]
    assert (secrets["app"]["random"], secrets["app"]["length"]) == (["api_key", "jwt_secret"], 48)
    assert (secrets["database"]["random"], secrets["database"]["values"]) == (["password"], {"username": "shop"})
    assert "version" not in secrets["app"]


def test_deleted_secrets_come_back_where_protection_is_strict(shop: Project) -> None:
    assert decide(context(shop, "secrets"), "secrets").inputs["recovery_window_in_days"] == 0
    assert decide(context(shop, "secrets", strict=True), "secrets").inputs["recovery_window_in_days"] == 30


@pytest.mark.parametrize(("key", "name"), [("source-shop", "source-shop"), ("source-orders", "source_orders")])
def test_names_do_not_end_like_arns(shop: Project, key: str, name: str) -> None:
    """CreateSecret: no name that ends in a hyphen followed by six characters."""
    place = context(shop, "secrets").place
    assert secret_name(place, key) == f"shop/dev/{name}"
    assert secret_pattern(place, key) == f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/dev/{name}-??????"


def test_rotation_by_a_function_made_here_or_ones_own(shop: Project) -> None:
    own = "arn:aws:lambda:us-east-1:111111111111:function:own"
    secrets = {
        "app": {"rotation": {"every": "30d"}},
        "database": {"values": {"host": "db"}, "rotation": {"function": own}},
        "kept": {},
    }
    call = decide(context(shop, "secrets"), "secrets", secrets=secrets)
    made: Any = call.inputs["secrets"]
    assert (made["app"]["rotation"], made["database"]["rotation"]) == ({"days": 30}, {"function_arn": own, "days": 30})
    assert "rotation" not in made["kept"]
    assert call.inputs["rotator"] == {
        "function_name": "shop-dev-secret-rotation",
        "role_name": "shop-dev-secret-rotation",
        "package": FilePath("rotation.zip"),
        "policy": File("rotation-policy.json"),
        "account": ACCOUNT,
    }
    assert call.files["rotation.zip"] == packed(PROGRAM)
    assert "rotator" not in decide(context(shop, "secrets"), "secrets", secrets={"kept": {}}).inputs


def test_the_function_may_rotate_its_secrets_and_nothing_else(shop: Project) -> None:
    secrets = {
        "app": {"rotation": {}},
        "web": {"rotation": {}, "readers": ["arn:aws:iam::111111111111:role/app"]},
        "kept": {},
    }
    call = decide(context(shop, "secrets"), "secrets", secrets=secrets)
    role = f"arn:aws:iam::{ACCOUNT}:role/{ROTATION}"
    own, function = str(call.files["rotation-policy.json"]), Caller.session(role, "rotation")
    app, web, kept = (f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/dev/{key}-AbCdEf" for key in secrets)
    for action in ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"):
        asked = f"secretsmanager:{action}"
        assert of_identity(own, function, asked, app, OWN) is Answer.ALLOW
        assert of_identity(own, function, asked, web, OWN) is Answer.ALLOW
        assert of_identity(own, function, asked, kept, OWN) is not Answer.ALLOW
    assert of_identity(own, function, "secretsmanager:DeleteSecret", app, OWN) is not Answer.ALLOW
    policy, read = str(call.files["web-policy.json"]), "secretsmanager:GetSecretValue"
    assert of_resource(policy, function, read, web, OWN | {"aws:PrincipalArn": role}) is Answer.ALLOW
    assert of_resource(policy, ENGINEER, read, web, OWN | {"aws:PrincipalArn": ENGINEER.role}) is Answer.DENY


@pytest.mark.parametrize(
    ("kept", "fact"),
    [
        ({"rotation": {"parts": ["pasword"]}}, "pasword is no random part"),
        ({"random": [], "values": {"a": "b"}}, "nothing in it is random"),
        ({"values": {"engine": "postgres", "username": "x"}}, "a server's password"),
        ({"values": {"host": "db"}}, "a server's password"),
    ],
)
def test_what_the_function_cannot_rotate(shop: Project, kept: dict[str, Any], fact: str) -> None:
    with pytest.raises(SpecError, match=fact) as wrong:
        decide(context(shop, "secrets"), "secrets", secrets={"a": {"rotation": {}, **kept}})
    assert (wrong.value.code, wrong.value.place) == ("LW1318", "secrets.a.rotation")


@pytest.mark.parametrize(
    "kept",
    [{"length": 8}, {"version": 0}, {"rotation": {"function": "arn", "every": 1001}}, {"values": {"a": "${SECRET}"}}],
)
def test_secrets_that_are_refused(kept: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        component("secrets").settings.model_validate({"secrets": {"app": kept}})
