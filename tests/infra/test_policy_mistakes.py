"""What is wrong with the organization's policies, told with the line of platform.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import LakewrightError, Mistakes
from lakewright.infra.compile import compile_environment
from lakewright.spec import blueprints, load_project

OWN = "      organization: {accounts: {analytics: {own: true, unit: production, email: aws+analytics@example.com}}}\n"
POLICY = """\
      organization:
        accounts: {analytics: {own: true, unit: production, email: aws+analytics@example.com}}
        policies:
          mine:
            targets: [%s]
"""
DELETE = 'sid: %s, effect: deny, actions: ["s3:DeleteBucket"]'


def told(folder: Path, *lines: str, target: str = "production", more: str = "") -> list[tuple[LakewrightError, str]]:
    """The mistakes of databricks-single with the policy `mine`, each with the text of its line."""
    example = blueprints()["databricks-single"].joinpath("example.yaml").read_text(encoding="utf-8")
    mine = POLICY % target + "".join(f"            {line}\n" for line in lines)
    text = "lakewright: 1\nplatform: shop\nblueprint: databricks-single@1\n" + example.replace(OWN, mine) + more
    assert mine in text
    (folder / "platform.yaml").write_text(text, encoding="utf-8")
    try:
        compile_environment(load_project(folder, "dev"), "dev")
    except Mistakes as several:
        numbers = [int(one.place.removeprefix("platform.yaml:")) for one in several.mistakes]
        return [(one, text.splitlines()[number - 1]) for one, number in zip(several.mistakes, numbers, strict=True)]
    return []


@pytest.mark.parametrize(
    ("last", "fact", "hint"),
    [
        (DELETE % "One", "Statement[1]: another statement has the Sid 'One' too", "each Sid once in a document"),
        (
            DELETE % "Two" + ', conditions: {"ForAnyValue:StringEqualzIfExists": {"aws:SourceIp": [x]}}',
            "'ForAnyValue:StringEqualzIfExists' is not a condition operator",
            'did you mean "ForAnyValue:StringEqualsIfExists"?',
        ),
    ],
)
def test_what_is_no_statement_is_told_at_its_line(tmp_path: Path, last: str, fact: str, hint: str) -> None:
    ((one, line),) = told(tmp_path, "statements:", f"  - {{{DELETE % 'One'}}}", f"  - {{{last}}}")

    assert (one.code, one.hint) == ("LW1021", hint)
    assert fact in one.fact
    assert line.strip() == f"- {{{last}}}"


def test_a_mistake_beside_ready_statements_is_told_at_the_persons_own(tmp_path: Path) -> None:
    ((one, line),) = told(
        tmp_path,
        "controls: {keep_audit: true, no_root_user: true}",
        "statements:",
        f"  - {{{DELETE % 'One'}}}",
        "  - {sid: Two, effect: deny, actions: [vpc:DeleteVpc]}",
    )
    assert one.code == "LW1030"
    assert "sid: Two" in line


def test_a_policy_that_is_too_long_is_told_where_the_room_ends(tmp_path: Path) -> None:
    statements = [f"  - {{{DELETE % f'S{number}'}, resources: [arn:aws:s3:::a-{number}]}}" for number in range(60)]
    ((one, line),) = told(tmp_path, "statements:", *statements)

    assert one.code == "LW1039"
    assert "takes 5,120" in one.fact
    number = int(line.partition("sid: S")[2].partition(",")[0])
    assert told(tmp_path, "statements:", *statements[:number]) == []
    assert [one.code for one, _ in told(tmp_path, "statements:", *statements[: number + 1])] == ["LW1039"]


def test_a_permission_set_that_is_too_long_is_told_so_too(tmp_path: Path) -> None:
    buckets = ", ".join(f"arn:aws:s3:::bucket-{number:040}" for number in range(200))
    mine = f"statements: [{{sid: Much, effect: allow, actions: [s3:ListBucket], resources: [{buckets}]}}]"
    sets = f"permission_sets: {{DataEngineer: {{{mine}}}}}"
    more = f"infra: {{stacks: {{identity: {{calls: {{identity: {{{sets}}}}}}}}}}}\n"
    ((one, line),) = told(tmp_path, "controls: {no_root_user: true}", more=more)

    assert one.code == "LW1039"
    assert "takes 10,240" in one.fact
    assert "sid: Much" in line


STATE = "arn:aws:s3:::shop-dev-state-111111111111"
LOCKED = {
    "everything": 'actions: ["*"]',
    "s3:PutObject": 'actions: ["s3:*"]',
    "s3:GetObject of": 'actions: ["s3:GetObject"]',
    "s3:DeleteObject of": f'actions: ["s3:Delete*"], resources: ["{STATE}/*"]',
    "s3:ListBucket of": f'actions: ["s3:ListBucket"], resources: ["{STATE}"]',
    "s3:ListBucket, s3:GetObject": 'not_actions: ["sts:*", "ec2:*"]',
    "s3:PutObject of": 'actions: ["s3:PutObject"], conditions: {StringEquals: {"aws:RequestedRegion": [us-east-1]}}',
}


@pytest.mark.parametrize("target", ["root", "production", "analytics"])
@pytest.mark.parametrize("fact", LOCKED)
def test_a_denial_that_locks_terraform_out_is_refused(tmp_path: Path, fact: str, target: str) -> None:
    written = f"  - {{sid: A, effect: deny, {LOCKED[fact]}}}"
    found = told(tmp_path, f"description: {fact}", "statements:", written, target=target)

    assert [one.code for one, _ in found] == ["LW1038"]
    assert fact in found[0][0].fact
    assert found[0][1].strip() == written.strip()


@pytest.mark.parametrize(
    ("target", "statement"),
    [
        ("sandbox", 'actions: ["*"]'),
        ("production", 'actions: ["*"], conditions: {ArnLike: {"aws:PrincipalArn": ["arn:aws:iam::*:role/bad"]}}'),
        ("production", 'actions: ["*"], conditions: {ArnNotLike: {"aws:PrincipalArn": ["arn:aws:iam::*:role/admin"]}}'),
        ("production", 'actions: ["s3:*"], resources: ["arn:aws:s3:::elsewhere", "arn:aws:s3:::elsewhere/*"]'),
        ("production", 'actions: ["s3:PutObject"], conditions: {Bool: {"aws:SecureTransport": "false"}}'),
        ("production", 'actions: ["s3:PutObject"], conditions: {StringEquals: {"aws:RequestedRegion": [eu-west-1]}}'),
        ("production", 'actions: ["s3:DeleteBucket", "s3:DeleteObjectVersion"]'),
    ],
)
def test_a_denial_that_leaves_terraform_alone_passes(tmp_path: Path, target: str, statement: str) -> None:
    assert told(tmp_path, f"statements: [{{sid: A, effect: deny, {statement}}}]", target=target) == []


def test_a_ready_statement_that_locks_is_told_at_its_control(tmp_path: Path) -> None:
    ((one, line),) = told(tmp_path, "controls:", "  no_services: [s3]")

    assert one.code == "LW1038"
    assert line.strip() == "no_services: [s3]"


REGIONS = "conditions: {StringEquals: {'aws:RequestedRegion': [us-east-9, eu-west-1]}}"


@pytest.mark.parametrize(
    "lines",
    [
        ("controls:", "  no_root_user: true", "  regions: [us-east-9, us-east-1]"),
        ("statements:", f"  - {{sid: A, effect: deny, actions: ['ec2:*'], {REGIONS}}}"),
    ],
)
def test_a_region_that_does_not_exist_is_told(tmp_path: Path, lines: tuple[str, ...]) -> None:
    ((one, line),) = told(tmp_path, *lines)

    assert one.code == "LW1035"
    assert "AWS has no region 'us-east-9'" in one.fact
    assert 'did you mean "us-' in one.hint
    assert line.strip() == lines[-1].strip()


@pytest.mark.parametrize("region", ["eu-central-2", "ap-southeast-7", "us-gov-west-1", "eusc-de-east-1"])
def test_a_region_that_exists_passes(tmp_path: Path, region: str) -> None:
    assert told(tmp_path, f"controls: {{regions: [{region}, us-east-1]}}") == []
