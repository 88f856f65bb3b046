"""Rotation as Terraform deploys it: values change, plans stay clean, and neither state nor plan ever holds one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lakewright.components.registry import component
from lakewright.infra.terraform import Terraform, find_binary, find_plugins
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.live.services import Services, living_aws
from lakewright.rehearse.aws.local import LocalAws

from .roots import ACCOUNT, context, decide, project, write_root

pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(600),
    pytest.mark.once(component("secrets").folder, component("kms_key").folder),
    pytest.mark.once("src/lakewright/rehearse/aws", "tests/components/roots.py", packages=["moto"]),
]

READER = f"arn:aws:iam::{ACCOUNT}:root"
"""Who asks here."""
SECRETS: dict[str, Any] = {
    "app": {"random": ["jwt_secret", "api_key"], "values": {"issuer": "shop"}, "rotation": {"every": 30}},
    "part": {"random": ["jwt_secret", "key"], "rotation": {"every": 30, "parts": ["jwt_secret"]}},
    "web": {"readers": [READER], "rotation": {"every": 7}, "punctuation": True, "length": 40},
    "kept": {"values": {"username": "shop"}},
}
DAY = 86_400


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[LocalAws, Services]]:
    with living_aws([ACCOUNT], tmp_path / "aws", {}, gates=EVERY_GATE) as found:
        yield found


@pytest.fixture
def terraform(cloud: tuple[LocalAws, Services]) -> Terraform:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
    given = {**kept, **cloud[0].environment(ACCOUNT)}
    return Terraform(find_binary(os.environ), given, find_plugins(os.environ), init_environment=kept)


def clean(terraform: Terraform, root: Path) -> bool:
    return not terraform.plan(root, root / "again.plan").changed


def until(found: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.2)


def test_a_rotated_secret_changes_and_no_state_holds_it(
    tmp_path: Path, cloud: tuple[LocalAws, Services], terraform: Terraform
) -> None:
    aws, live = cloud
    where = context(project(tmp_path / "shop"), "secrets", "kms_key")
    root = tmp_path / "root"
    write_root(root, {"kms_key": decide(where, "kms_key"), "secrets": decide(where, "secrets", secrets=SECRETS)})
    terraform.init(root)
    terraform.plan(root, root / "first.plan")
    shown = json.dumps(terraform.show(root, root / "first.plan"))
    terraform.apply(root, root / "first.plan")
    assert clean(terraform, root)
    client = aws.client("secretsmanager")

    def value(key: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(client.get_secret_value(SecretId=f"shop/dev/{key}")["SecretString"])
        return found

    def values() -> dict[str, dict[str, str]]:
        return {key: value(key) for key in SECRETS}

    seen = [values()]
    client.rotate_secret(SecretId="shop/dev/app")
    until(lambda: value("app") != seen[0]["app"])
    seen.append(values())
    assert seen[1]["kept"] == seen[0]["kept"]
    assert seen[1]["app"]["issuer"] == "shop"
    assert {part: len(text) for part, text in seen[1]["app"].items()} == {"issuer": 4, "jwt_secret": 32, "api_key": 32}
    assert clean(terraform, root)

    live.clock.move(8 * DAY)  # the weekly one's time; nobody but its reader and the function may read it
    until(lambda: value("web") != seen[1]["web"])
    seen.append(values())
    assert (seen[2]["app"], len(seen[2]["web"]["password"])) == (seen[1]["app"], 40)
    live.clock.move(23 * DAY)
    until(lambda: all(value(key) != seen[2][key] for key in ("app", "part", "web")))
    seen.append(values())
    assert clean(terraform, root), "rotated twice: what Terraform made has no label any more"

    assert seen[3]["part"]["key"] == seen[0]["part"]["key"]
    assert seen[3]["part"]["jwt_secret"] != seen[0]["part"]["jwt_secret"]
    words = {text for one in seen for secret in one.values() for part, text in secret.items() if len(text) >= 32}
    assert len(words) >= 1 + 3 * 2 + 3, "each rotation made new ones"
    texts = [shown, terraform.pull(root), json.dumps(terraform.show(root, root / "again.plan"))]
    assert [word for word in words for text in texts if word in text] == []

    terraform.plan(root, root / "destroy.plan", destroy=True)
    terraform.apply(root, root / "destroy.plan")
    assert client.list_secrets()["SecretList"] == []
