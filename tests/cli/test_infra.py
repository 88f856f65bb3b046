"""`infra compile`, `stacks` and `import` as a user calls them, on the real blueprint."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lakewright.ingest.lock import held

from .conftest import Call

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "CHECKPOINT_DISABLE": "1"}


@pytest.fixture
def shop(call: Call, tmp_path: Path) -> Path:
    assert call("init", "--blueprint", "lakehouse-cdc", "--name", "shop").code == 0
    return tmp_path


def test_a_new_project_compiles(call: Call, shop: Path) -> None:
    done = call("infra", "compile", "dev", "--json")
    assert (done.code, done.json["ok"]) == (0, True)
    assert done.json["stacks"][:2] == ["state", "foundation"]
    assert (shop / "infra/dev/foundation/main.tf").is_file()
    again = call("infra", "compile", "dev", "--json").json["files"]
    assert (again["created"], again["changed"], again["deleted"]) == ([], [], [])
    assert "dev: " in call("check", "--offline").out


@pytest.mark.terraform
def test_terraform_formats_nothing_of_a_blueprint_anew(call: Call, shop: Path) -> None:
    for environment in ("dev", "prod"):
        assert call("infra", "compile", environment).code == 0
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive"],
        cwd=shop / "infra", env=ENVIRONMENT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


def test_check_says_what_is_not_current(call: Call, shop: Path) -> None:
    missing = call("infra", "compile", "dev", "--check", "--json")
    assert (missing.code, missing.json["ok"]) == (1, False)
    assert not (shop / "infra").exists()
    call("infra", "compile", "dev")
    assert call("infra", "compile", "dev", "--check").code == 0
    main = shop / "infra/dev/foundation/main.tf"
    main.write_text(main.read_text() + "\n# by hand\n")
    stale = call("infra", "compile", "dev", "--check", "--json")
    assert [(one["code"], one["place"]) for one in stale.json["errors"]] == [("LW1310", "infra/dev/foundation/main.tf")]
    refused = call("infra", "compile", "dev")
    assert (refused.code, "LW1309 infra/dev/foundation/main.tf" in refused.err) == (2, True)
    assert call("infra", "compile", "dev", "--force").code == 0
    assert "# by hand" not in main.read_text()


def test_plan_writes_nothing_while_another_works_on_the_environment(
    call: Call, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = shop / "bin/terraform"
    binary.parent.mkdir()
    binary.write_text("#!/bin/sh\nexit 1\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(binary.parent))
    with held(shop / ".lakewright/infra/dev/lock", "environment dev"):
        done = call("plan", "dev", "--json")
    assert (done.code, done.json["errors"][0]["code"]) == (1, "LW361")
    assert not (shop / "infra").exists()


def test_a_stack_that_goes_is_told(call: Call, shop: Path) -> None:
    call("infra", "compile", "dev")
    spec = shop / "platform.yaml"
    spec.write_text(spec.read_text().replace("us-east-1}", "us-east-1, infra: {athena: false}}", 1))
    assert call("infra", "compile", "dev", "--check", "--json").json["gone"] == ["query"]
    told = call("infra", "compile", "dev").out
    assert "stack query is no longer declared" in told
    assert not (shop / "infra/dev/query").exists()


def test_stacks_read_from_first_to_last(call: Call, shop: Path) -> None:
    found = call("infra", "stacks", "dev", "--json").json["stacks"]
    rounds = {row["stack"]: row["round"] for row in found}
    assert rounds["state"] < rounds["foundation"] < rounds["processing"] < rounds["grants"]
    assert all(rounds[other] < row["round"] for row in found for other in row["needs"])
    text = call("infra", "stacks", "dev").out
    assert text.index("state") < text.index("foundation") < text.index("grants")


@pytest.mark.parametrize(("environment", "says"), [("local", "this machine"), ("prdo", '"prod"')])
def test_environments_that_are_none(call: Call, shop: Path, environment: str, says: str) -> None:
    done = call("infra", "compile", environment)
    assert (done.code, done.err.split()[0], says in done.err) == (2, "LW1304", True)


def test_a_mistake_writes_nothing(call: Call, shop: Path) -> None:
    call("infra", "compile", "dev")
    before = {path: path.read_bytes() for path in (shop / "infra").rglob("*") if path.is_file()}
    spec = shop / "platform.yaml"
    spec.write_text(spec.read_text() + "infra: {stacks: {foundation: {calls: {network: {cidr: 10.0.0.1/16}}}}}\n")
    done = call("infra", "compile", "dev")
    assert (
        done.code,
        "10.0.0.1/16" in done.err,
        f"platform.yaml:{len(spec.read_text().splitlines())}" in done.err,
    ) == (2, True, True)
    assert call("check", "--offline").code != 0
    assert {path: path.read_bytes() for path in (shop / "infra").rglob("*") if path.is_file()} == before


def test_import_takes_a_resource_over(call: Call, shop: Path) -> None:
    listed = call("infra", "import", "dev", "--resources", "--json").json["resources"]
    assert {"call": "foundation/lake", "address": "aws_s3_bucket.this"} in listed
    done = call("infra", "import", "dev", "foundation/lake", 'aws_s3_bucket.this["bronze"]', "old-bucket")
    assert done.code == 0, done.err
    assert call("infra", "import", "dev", "foundation/key", "aws_kms_key.this", "1234").code == 0
    call("infra", "compile", "dev")
    text = (shop / "infra/dev/foundation/imports.tf").read_text()
    assert 'to = module.lake.aws_s3_bucket.this["bronze"]\n  id = "old-bucket"' in text
    call("infra", "compile", "prod")
    assert not (shop / "infra/prod/foundation/imports.tf").exists()


def test_import_of_what_is_not_there_changes_nothing(call: Call, shop: Path) -> None:
    before = (shop / "platform.yaml").read_text()
    done = call("infra", "import", "dev", "foundation/lake", "aws_s3_buckt.this", "x", "--json")
    assert (done.code, done.json["errors"][0]["code"]) == (2, "LW1315")
    assert "aws_s3_bucket.this" in json.dumps(done.json["errors"])
    assert (shop / "platform.yaml").read_text() == before
    assert not (shop / "imports.yaml").exists()
