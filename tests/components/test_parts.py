"""Registries, tasks, machines, the source application: what is decided, what is refused, who may do what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from lakewright.components.component import Call, Context
from lakewright.components.fargate.settings import SIZES
from lakewright.policy.iam import Answer
from lakewright.policy.principals import Caller
from lakewright.spec import Project

from .meaning import of_identity
from .roots import ACCOUNT, context, decide, project

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
USED = ("ecr", "fargate", "secrets", "networking", "lake_buckets", "kms_key", "compute_node", "source_app")
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/dev"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/ecs"
TASKS: dict[str, Any] = {
    "load": {
        "image": "jobs",
        "reads": [{"bucket": "bronze", "prefixes": ["raw/"]}],
        "writes": [{"bucket": "silver"}],
        "secrets": {"PASSWORD": "database.password"},
        "buckets": {"TARGET": "silver"},
    },
    "idle": {"image": "other", "tag": "sha256:" + "a" * 64},
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def where(shop: Project) -> Context:
    return context(shop, *USED)


@pytest.fixture(scope="module")
def tasks(where: Context) -> Call:
    return decide(where, "fargate", tasks=TASKS, services={"load": {"task": "load"}})


def may(made: Call, file: str, action: str, resource: str, **keys: str) -> bool:
    text = str(made.files[file]).replace("${kms_key_arn}", KEY)
    caller = Caller.session(f"arn:aws:iam::{ACCOUNT}:role/x", "x")
    said = {key.replace("_", ":", 1): value for key, value in keys.items()}
    return of_identity(text, caller, action, resource, said) is Answer.ALLOW


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("s3:GetObject", f"arn:aws:s3:::shop-dev-bronze-{ACCOUNT}/raw/a", True),
        ("s3:GetObject", f"arn:aws:s3:::shop-dev-bronze-{ACCOUNT}/other/a", False),
        ("s3:PutObject", f"arn:aws:s3:::shop-dev-bronze-{ACCOUNT}/raw/a", False),
        ("s3:PutObject", f"arn:aws:s3:::shop-dev-silver-{ACCOUNT}/a", True),
        ("s3:DeleteObject", f"arn:aws:s3:::shop-dev-silver-{ACCOUNT}/a", True),
        ("s3:ListBucket", f"arn:aws:s3:::shop-dev-silver-{ACCOUNT}", True),
        ("s3:ListBucket", f"arn:aws:s3:::shop-dev-gold-{ACCOUNT}", False),
        (
            "secretsmanager:GetSecretValue",
            f"{SECRET}/database-abcdef",
            False,
        ),
    ],
)
def test_a_task_reaches_what_it_declares(tasks: Call, action: str, resource: str, allowed: bool) -> None:
    assert may(tasks, "load-policy.json", action, resource) is allowed


def test_a_task_without_buckets_may_do_nothing(tasks: Call) -> None:
    assert not may(tasks, "idle-policy.json", "s3:GetObject", f"arn:aws:s3:::shop-dev-bronze-{ACCOUNT}/raw/a")
    assert not may(tasks, "idle-policy.json", "s3:ListAllMyBuckets", "*")


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("ecr:BatchGetImage", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/shop-dev-jobs", True),
        ("ecr:BatchGetImage", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/shop-prod-jobs", False),
        ("ecr:PutImage", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/shop-dev-jobs", False),
        ("ecr:GetAuthorizationToken", "*", True),
        (
            "secretsmanager:GetSecretValue",
            f"{SECRET}/database-abcdef",
            True,
        ),
        (
            "secretsmanager:GetSecretValue",
            f"{SECRET}/other-abcdef",
            False,
        ),
        (
            "logs:PutLogEvents",
            f"{LOGS}/shop-dev-tasks/load:log-stream:a",
            True,
        ),
        ("logs:PutLogEvents", f"{LOGS}/else:log-stream:a", False),
        ("s3:GetObject", f"arn:aws:s3:::shop-dev-bronze-{ACCOUNT}/raw/a", False),
    ],
)
def test_what_starts_tasks_pulls_logs_and_reads_their_secrets(
    tasks: Call, action: str, resource: str, allowed: bool
) -> None:
    assert may(tasks, "start-policy.json", action, resource) is allowed


def test_a_task_is_told_its_bucket_and_never_a_secret(tasks: Call) -> None:
    load: Any = tasks.inputs["tasks"]["load"]  # type: ignore[index, call-overload]
    assert load["environment"] == {"LAKEWRIGHT_ENVIRONMENT": "dev", "TARGET": f"shop-dev-silver-{ACCOUNT}"}
    assert load["secrets"]["PASSWORD"]["key"] == "password"
    assert tasks.inputs["services"]["load"]["desired_count"] == 0  # type: ignore[index, call-overload]


def test_the_image_s_package_has_the_blueprints(tasks: Call) -> None:
    import io
    import zipfile

    [wheel] = [data for name, data in tasks.files.items() if name.endswith(".whl")]
    assert isinstance(wheel, bytes)
    names = zipfile.ZipFile(io.BytesIO(wheel)).namelist()
    assert "lakewright/blueprints/data-services/platform.yaml" in names
    assert "lakewright/cli/run.py" in names
    [scripts] = [name for name in names if name.endswith("entry_points.txt")]
    assert b"lakewright = lakewright.cli:main" in zipfile.ZipFile(io.BytesIO(wheel)).read(scripts)


# Amazon ECS developer guide, "Task CPU and memory": the least and the most of each, and what lies between.
@pytest.mark.parametrize(
    ("cpu", "sizes", "no_sizes"),
    [
        (256, (512, 1024, 2048), (256, 3072, 4096)),
        (512, (1024, 4096), (512, 5120)),
        (1024, (2048, 8192), (1024, 9216)),
        (2048, (4096, 16384), (3072, 17408)),
        (4096, (8192, 30720), (7168, 31744)),
        (8192, (16384, 20480, 61440), (17408, 65536)),
        (16384, (32768, 40960, 122880), (33792, 131072)),
    ],
)
def test_fargate_s_sizes(where: Context, cpu: int, sizes: tuple[int, ...], no_sizes: tuple[int, ...]) -> None:
    for memory in sizes:
        decide(where, "fargate", tasks={"a": {"image": "jobs", "cpu": cpu, "memory": memory}})
    for memory in no_sizes:
        with pytest.raises(ValidationError, match="Fargate has no"):
            decide(where, "fargate", tasks={"a": {"image": "jobs", "cpu": cpu, "memory": memory}})
    assert set(sizes) <= set(SIZES[cpu])


def test_images_are_cleaned_up_by_age_and_number(where: Context) -> None:
    made = decide(where, "ecr", repositories={"jobs": {"keep": 3, "untagged": 2}})
    rules = json.loads(str(made.files["jobs-lifecycle.json"]))["rules"]
    chosen = [rule["selection"] for rule in rules]
    said = [(one["tagStatus"], one["countType"], one["countNumber"]) for one in chosen]
    assert said == [("untagged", "sinceImagePushed", 2), ("tagged", "imageCountMoreThan", 3)]
    assert [rule["rulePriority"] for rule in rules] == [1, 2]


@pytest.mark.parametrize(
    "said",
    [
        {"instance_type": "t3.smal"},
        {"instance_type": "m5.micro"},
        {"instance_type": "z9.large"},
        {"disk": 4},
        {"ami": "ami-123"},
        {"start": "echo hello"},
        {"start": "#!/bin/bash\n" + "x" * 17_000},
        {"ports": {"ssh": {"port": 22, "cidr": "0.0.0.0/0", "why": "everybody"}}},
        {"ports": {"web": {"port": 70_000, "cidr": "10.0.0.0/8", "why": "web"}}},
    ],
)
def test_machines_that_ec2_does_not_have_or_nobody_should(where: Context, said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        decide(where, "compute_node", **said)


def test_a_machine_reads_and_writes_what_it_declares(where: Context) -> None:
    made = decide(where, "compute_node", reads=["bronze"], writes=["silver"])
    silver, bronze = (f"arn:aws:s3:::shop-dev-{key}-{ACCOUNT}/a" for key in ("silver", "bronze"))
    assert may(made, "policy.json", "s3:GetObject", bronze)
    assert not may(made, "policy.json", "s3:PutObject", bronze)
    assert may(made, "policy.json", "s3:PutObject", silver)
    assert may(made, "policy.json", "kms:Decrypt", KEY, kms_ViaService="s3.us-east-1.amazonaws.com")
    assert not may(made, "policy.json", "kms:Decrypt", KEY, kms_ViaService="ec2.us-east-1.amazonaws.com")
    assert "policy" not in decide(where, "compute_node").inputs


def test_the_source_application_is_protected_where_the_environment_is(shop: Project, where: Context) -> None:
    dev, prod = decide(where, "source_app").inputs, decide(context(shop, *USED, strict=True), "source_app").inputs
    assert (dev["protected"], prod["protected"]) == (False, True)
    assert [made["database"]["multi_az"] for made in (dev, prod)] == [False, True]  # type: ignore[index, call-overload]
    for said in ({"database": {"version": "12.1"}}, {"database": {"backup": 0}}, {"health": "no-slash"}):
        with pytest.raises(ValidationError):
            decide(where, "source_app", **said)


def test_the_application_reads_the_login_of_its_own_database_only(where: Context) -> None:
    made = decide(where, "source_app")
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:rds!db-1234-abcdef"
    tag = "secretsmanager:ResourceTag/aws:rds:primaryDBInstanceArn"
    for database, allowed in (("shop-dev-source-app", True), ("another", False)):
        keys = {tag: f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{database}"}
        text = str(made.files["start-policy.json"]).replace("${kms_key_arn}", KEY)
        caller = Caller.session(f"arn:aws:iam::{ACCOUNT}:role/x", "x")
        answer = of_identity(text, caller, "secretsmanager:GetSecretValue", secret, keys)
        assert (answer is Answer.ALLOW) is allowed
