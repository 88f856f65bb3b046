"""What the foundation's policies mean, asked of the evaluator that follows AWS's documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakewright.components.component import Call
from lakewright.policy.iam import Answer
from lakewright.policy.principals import Caller
from lakewright.spec import Project

from .meaning import ENGINEER, OWN, STRANGER, of_identity, of_resource
from .roots import ACCOUNT, context, project
from .roots import decide as decided

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
USED = ("iam_roles", "kms_key", "lake_buckets", "athena", "glue")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def roles(shop: Project) -> Call:
    return decided(context(shop, *USED), "iam_roles")


def person(roles: Call, subject: str, action: str, resource: str, **keys: Any) -> Answer:
    """What a session of a persona's role is told; `keys` as they are written, `_` for `:`."""
    role: Any = roles.inputs["roles"][subject]  # type: ignore[index, call-overload]
    text = roles.files[role["policy"].name].replace("${kms_key_arn}", KEY)
    caller = Caller.session(f"arn:aws:iam::{ACCOUNT}:role/{role['name']}", "test")
    return of_identity(text, caller, action, resource, {key.replace("_", ":", 1): value for key, value in keys.items()})


def workgroup(name: str) -> str:
    return f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/{name}"


def results(path: str) -> str:
    return f"arn:aws:s3:::shop-dev-athena-results-{ACCOUNT}/{path}"


@pytest.mark.parametrize(
    ("subject", "group", "answer"),
    [
        ("TenantSpecificAnalyst", "analytics-team", Answer.ALLOW),
        ("TenantSpecificAnalyst", "primary", Answer.ALLOW),
        ("TenantSpecificAnalyst", "data-engineering", Answer.DENY),
        ("enterprise-analysts", "analytics-team", Answer.ALLOW),
        ("enterprise-analysts", "data-engineering", Answer.DENY),
        ("DataEngineer", "data-engineering", Answer.ALLOW),
        ("DataEngineer", "analytics-team", Answer.DENY),
    ],
)
def test_people_query_in_their_workgroups_only(roles: Call, subject: str, group: str, answer: Answer) -> None:
    assert person(roles, subject, "athena:StartQueryExecution", workgroup(group)) is answer
    assert person(roles, subject, "s3:GetObject", results(f"{group}/one.csv")) is answer


def test_nobody_reads_the_lake_s_files_past_lake_formation(roles: Call) -> None:
    for subject in roles.inputs["roles"]:  # type: ignore[union-attr]
        gold = f"arn:aws:s3:::shop-dev-gold-{ACCOUNT}/revenue_metrics/part.parquet"
        assert person(roles, subject, "s3:GetObject", gold) is Answer.DENY
        assert person(roles, subject, "lakeformation:GetDataAccess", "*") is Answer.ALLOW


def table(name: str) -> str:
    return f"arn:aws:glue:us-east-1:{ACCOUNT}:table/{name}"


def test_the_catalog_opens_as_far_as_something_is_granted(roles: Call) -> None:
    assert person(roles, "DataAnalyst", "glue:GetTable", table("gold/revenue_metrics")) is Answer.ALLOW
    assert person(roles, "DataAnalyst", "glue:GetTable", table("silver/customer")) is Answer.DENY
    assert person(roles, "DataAnalyst", "glue:UpdateTable", table("gold/revenue_metrics")) is Answer.DENY
    assert person(roles, "DataEngineer", "glue:UpdateTable", table("silver/customer")) is Answer.ALLOW
    assert person(roles, "DataEngineer", "glue:UpdateTable", table("bronze/core_customer")) is Answer.DENY


def test_only_those_who_write_run_jobs_and_only_the_platform_s(roles: Call) -> None:
    job = f"arn:aws:glue:us-east-1:{ACCOUNT}:job/shop-dev-silver"
    other = f"arn:aws:glue:us-east-1:{ACCOUNT}:job/payroll"
    assert person(roles, "DataEngineer", "glue:StartJobRun", job) is Answer.ALLOW
    assert person(roles, "DataEngineer", "glue:StartJobRun", other) is Answer.DENY
    assert person(roles, "DataAnalyst", "glue:StartJobRun", job) is Answer.DENY


def test_the_administrator_passes_rights_on_but_makes_no_administrator(roles: Call) -> None:
    assert person(roles, "LakeFormationAdmin", "lakeformation:GrantPermissions", "*") is Answer.ALLOW
    assert person(roles, "LakeFormationAdmin", "lakeformation:PutDataLakeSettings", "*") is Answer.DENY
    assert person(roles, "DataEngineer", "lakeformation:GrantPermissions", "*") is Answer.DENY


def test_the_key_opens_results_through_s3_only(roles: Call) -> None:
    through_s3 = {"kms_ViaService": "s3.us-east-1.amazonaws.com"}
    assert person(roles, "DataAnalyst", "kms:Decrypt", KEY, **through_s3) is Answer.ALLOW
    assert person(roles, "DataAnalyst", "kms:Decrypt", KEY) is Answer.DENY


def test_people_have_nothing_to_do_with_iam(roles: Call) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/any"
    for subject in roles.inputs["roles"]:  # type: ignore[union-attr]
        for action in ("iam:PassRole", "iam:CreateRole", "sts:AssumeRole"):
            assert person(roles, subject, action, role) is Answer.DENY


@pytest.mark.parametrize(
    ("caller", "keys", "answer"),
    [
        (ENGINEER, {}, Answer.ALLOW),
        (ENGINEER, {"aws:SecureTransport": "false"}, Answer.DENY),
        (STRANGER, {"aws:PrincipalAccount": "999999999999"}, Answer.DENY),
        (ENGINEER, {"s3:x-amz-server-side-encryption": "aws:kms"}, Answer.ALLOW),
        (ENGINEER, {"s3:x-amz-server-side-encryption": "AES256"}, Answer.DENY),
    ],
)
def test_state_is_written_from_this_account_encrypted_and_over_tls(
    shop: Project, caller: Caller, keys: dict[str, str], answer: Answer
) -> None:
    text = decided(context(shop, "state"), "state").files["bucket-policy.json"]
    arn = f"arn:aws:s3:::shop-dev-state-{ACCOUNT}/dev/foundation.tfstate"
    assert of_resource(text, caller, "s3:PutObject", arn, OWN | keys) is answer


def test_a_secret_is_read_by_its_readers_only(shop: Project) -> None:
    reader = f"arn:aws:iam::{ACCOUNT}:role/replication"
    call = decided(context(shop, "secrets"), "secrets", secrets={"database": {"readers": [reader]}, "open": {}})
    arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/dev/database-AbCdEf"

    def answer(file: str, caller: Caller, **keys: str) -> Answer:
        return of_resource(call.files[file], caller, "secretsmanager:GetSecretValue", arn, OWN | keys)

    replication = Caller.session(reader, "test")
    assert answer("database-policy.json", replication, **{"aws:PrincipalArn": reader}) is Answer.ALLOW
    assert answer("database-policy.json", ENGINEER, **{"aws:PrincipalArn": ENGINEER.role}) is Answer.DENY
    assert answer("open-policy.json", ENGINEER) is Answer.ALLOW
    assert answer("open-policy.json", STRANGER, **{"aws:PrincipalAccount": "999999999999"}) is Answer.DENY


@pytest.mark.parametrize(
    ("service", "keys", "answer"),
    [
        ("logs.us-east-1.amazonaws.com",
         {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/vpc/shop-dev"},
         Answer.ALLOW),
        ("logs.us-east-1.amazonaws.com",
         {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:999999999999:log-group:/aws/vpc/shop-dev"},
         Answer.DENY),
        ("cloudtrail.amazonaws.com", {"aws:SourceAccount": ACCOUNT}, Answer.ALLOW),
        ("cloudtrail.amazonaws.com", {"aws:SourceAccount": "999999999999"}, Answer.DENY),
        ("glue.amazonaws.com", {"aws:SourceAccount": ACCOUNT}, Answer.DENY),
    ],
)  # fmt: skip
def test_services_use_the_key_for_this_account_only(
    shop: Project, service: str, keys: dict[str, str], answer: Answer
) -> None:
    text = decided(context(shop, "kms_key", "trail"), "kms_key").files["key-policy.json"]
    assert of_resource(text, Caller.service(service), "kms:GenerateDataKey", KEY, keys, exclusive=True) is answer


def test_the_account_administers_its_key(shop: Project) -> None:
    text = decided(context(shop, "kms_key"), "kms_key").files["key-policy.json"]
    assert of_resource(text, Caller.root(ACCOUNT), "kms:PutKeyPolicy", KEY, OWN, exclusive=True) is Answer.ALLOW
    assert "cloudtrail" not in text, "who is not here needs no key"


@pytest.mark.parametrize(("path", "answer"), [(f"AWSLogs/{ACCOUNT}/one.gz", Answer.ALLOW), ("other.gz", Answer.DENY)])
def test_the_trail_writes_where_it_belongs(shop: Project, path: str, answer: Answer) -> None:
    text = decided(context(shop, "trail"), "trail").files["bucket-policy.json"]
    caller, arn = Caller.service("cloudtrail.amazonaws.com"), f"arn:aws:s3:::shop-dev-trail-{ACCOUNT}/{path}"
    own = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/shop-dev-trail"
    other = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/other"
    keys = {"aws:SecureTransport": "true"}
    assert of_resource(text, caller, "s3:PutObject", arn, {**keys, "aws:SourceArn": own}) is answer
    assert of_resource(text, caller, "s3:PutObject", arn, {**keys, "aws:SourceArn": other}) is Answer.DENY


@pytest.mark.parametrize("boundary", ["own", "arn:aws:iam::111111111111:policy/bounds", ""])
def test_people_s_roles_are_bounded_if_asked(shop: Project, boundary: str) -> None:
    call = decided(context(shop, *USED), "iam_roles", boundary=boundary)
    assert ("boundary_policy" in call.inputs, "boundary_arn" in call.inputs) == (boundary == "own", ":" in boundary)


def test_taking_a_role_may_need_a_second_factor_and_a_name(shop: Project) -> None:
    trusted = ["arn:aws:iam::111111111111:role/single-sign-on"]
    call = decided(context(shop, *USED), "iam_roles", trusted=trusted, require_mfa=True)
    statement = json.loads(call.files["trust.json"])["Statement"][0]
    assert statement["Principal"] == {"AWS": trusted}
    assert statement["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
