"""Secrets' inputs: which there are, how they are named, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lakewright.components.component import Output
from lakewright.components.registry import component
from lakewright.components.secrets.component import secret_name, secret_pattern
from lakewright.spec import Project

from .roots import ACCOUNT, context, decide, project


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


@pytest.mark.parametrize(
    "kept",
    [{"length": 8}, {"version": 0}, {"rotation": {"function": "arn", "every": 1001}}, {"values": {"a": "${SECRET}"}}],
)
def test_secrets_that_are_refused(kept: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        component("secrets").settings.model_validate({"secrets": {"app": kept}})
