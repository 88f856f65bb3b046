"""The buckets' inputs: names, ages, encryption; and what S3 refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lakewright.components.component import Output
from lakewright.components.registry import component
from lakewright.errors import SpecError
from lakewright.spec import Project

from .roots import context, decide, project, written

BUCKETS = component("lake_buckets")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project(tmp_path_factory.mktemp("shop"))


def test_the_reference_s_five_buckets_and_one_for_access_logs(shop: Project) -> None:
    """S2: bronze to IA after 90 days and Glacier after 180, silver to IA after 180, results gone after 30."""
    inputs = decide(context(shop, "lake_buckets"), "lake_buckets").inputs
    buckets: Any = inputs["buckets"]
    assert list(buckets) == ["bronze", "silver", "gold", "scripts", "athena-results", "access-logs"]
    assert buckets["bronze"]["bucket"] == "shop-dev-bronze-111111111111"
    assert buckets["bronze"]["lifecycle"]["age"]["transitions"] == {"STANDARD_IA": 90, "GLACIER_IR": 180}
    assert buckets["silver"]["lifecycle"]["age"]["transitions"] == {"STANDARD_IA": 180}
    assert buckets["athena-results"]["lifecycle"]["age"]["expire_after"] == 30
    assert inputs["log_bucket"] == "access-logs"


def test_a_key_encrypts_all_but_the_access_logs(shop: Project) -> None:
    """S3 delivers access logs only into buckets with its own encryption (S3 guide, server access logging)."""
    inputs = decide(context(shop, "lake_buckets", "kms_key"), "lake_buckets").inputs
    buckets: Any = inputs["buckets"]
    assert {key: bucket["encryption"] for key, bucket in buckets.items() if bucket["encryption"] != "kms"} == {
        "access-logs": "s3"
    }
    assert inputs["kms_key_arn"] == Output("kms_key", "arn")


def test_without_a_key_s3_encrypts(shop: Project) -> None:
    inputs = decide(context(shop, "lake_buckets"), "lake_buckets").inputs
    buckets: Any = inputs["buckets"]
    assert {bucket["encryption"] for bucket in buckets.values()} == {"s3"}
    assert "kms_key_arn" not in inputs


def test_strict_protection_keeps_what_is_in_a_bucket(shop: Project) -> None:
    assert decide(context(shop, "lake_buckets"), "lake_buckets").inputs["force_destroy"] is True
    assert decide(context(shop, "lake_buckets", strict=True), "lake_buckets").inputs["force_destroy"] is False


def test_any_named_set_with_ages_of_its_own(shop: Project) -> None:
    said = {
        "raw": {"expire": 30, "versioning": False, "events": True},
        "curated": {"intelligent": 0},
        "data-lake": {"prefixes": {"logs/": {"expire": 90}, "raw/feeds/": {"archive": 90}}, "old_versions": 30},
        "registry": {"name": "shop-schemas"},
    }
    inputs = decide(context(shop, "lake_buckets"), "lake_buckets", buckets=said, access_logs=None).inputs
    assert inputs["buckets"] == {
        "raw": {
            "bucket": "shop-dev-raw-111111111111",
            "encryption": "s3",
            "versioning": False,
            "events": True,
            "lifecycle": {"age": {"expire_after": 30}},
        },
        "curated": {
            "bucket": "shop-dev-curated-111111111111",
            "encryption": "s3",
            "lifecycle": {"age": {"transitions": {"INTELLIGENT_TIERING": 0}}},
        },
        "data-lake": {
            "bucket": "shop-dev-data-lake-111111111111",
            "encryption": "s3",
            "lifecycle": {
                "age": {"expire_noncurrent_after": 30},
                "age-logs": {"prefix": "logs/", "expire_after": 90},
                "age-raw-feeds": {"prefix": "raw/feeds/", "transitions": {"GLACIER": 90}},
            },
        },
        "registry": {"bucket": "shop-schemas", "encryption": "s3"},
    }
    assert "log_bucket" not in inputs


def test_flow_logs_may_be_written_beside_access_logs(shop: Project) -> None:
    call = decide(context(shop, "lake_buckets", "networking"), "lake_buckets")
    write, check = written(call, "buckets", "access-logs", "policy")["Statement"]
    assert write["Resource"] == ["arn:aws:s3:::shop-dev-access-logs-111111111111/vpc/*"]
    assert write["Condition"] == check["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


@pytest.mark.parametrize(
    "bucket",
    [
        {"infrequent": 29},
        {"infrequent": 90, "archive": 100},
        {"infrequent": 90, "instant_archive": 119},
        {"archive": 180, "expire": 180},
        {"expire": 0},
        {"name": "Capital"},
        {"name": "a"},
        {"name": "10.0.0.1"},
        {"name": "shop-s3alias"},
        {"name": "xn--shop"},
        {"name": "shop..data"},
        {"prefixes": {"raw/": {"infrequent": 7}}},
        {"unknown": 1},
    ],
)
def test_buckets_that_are_refused(bucket: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BUCKETS.settings.model_validate({"buckets": {"raw": bucket}})


def test_two_buckets_of_one_name(shop: Project) -> None:
    said = {"one": {"name": "shop-data"}, "two": {"name": "shop-data"}}
    with pytest.raises(SpecError, match="LW1330"):
        decide(context(shop, "lake_buckets"), "lake_buckets", buckets=said)
