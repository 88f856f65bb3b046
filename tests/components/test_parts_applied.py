"""Components that stand by themselves, in one root: applied, unchanged, changed in place, destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.components.registry import component
from lakewright.infra.compile import compile_environment
from lakewright.observe import ignore
from lakewright.rehearse.platform.stage import Options, Stage, staged
from lakewright.spec import load_project

MODULES = ("kms_key", "networking", "lake_buckets", "ecr", "fargate", "artifact_store", "ci_role", "compute_node")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.terraform,
    pytest.mark.timeout(900),
    pytest.mark.once(*(component(name).folder for name in (*MODULES, "source_app"))),
    pytest.mark.once("src/lakewright/infra", "src/lakewright/rehearse/aws", packages=["moto"]),
]

SPEC = """\
lakewright: 1
platform: acme
environments:
  dev:
    account: "111111111111"
    region: us-east-1
    infra: {changed}
infra:
  stacks:
    all:
      calls:
        key: {{use: kms_key}}
        network: {{use: networking, cidr: 10.9.0.0/16, tiers: {{app: {{}}}}}}
        buckets: {{use: lake_buckets, access_logs: null, buckets: {{artifacts: {{}}, working: {{}}}}}}
        ecr: {{repositories: {{shop: {{}}}}}}
        fargate:
          tasks: {{job: {{image: shop, cpu: 256, memory: 512, reads: [{{bucket: working}}]}}}}
          services: {{job: {{task: job}}}}
        artifact_store: {{}}
        ci_role: {{trust: {{vendor: github, repository: acme/platform}}}}
        node: {{use: compute_node, writes: [working], start: "#!/bin/bash\\necho started\\n"}}
        shop: {{use: source_app, image: shop}}
"""
CHANGED = """{
      ecr: {repositories: {shop: {keep: 5}}},
      fargate: {insights: true},
      artifact_store: {memory: 1024},
      ci_role: {session: 7200},
      node: {instance_type: t3.medium},
      shop: {count: 2}}
"""


def write(folder: Path, changed: str = "{}") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "platform.yaml").write_text(SPEC.format(changed=changed))


def applied(stage: Stage) -> dict[str, int]:
    """Applies; a second plan must find nothing."""
    stage.prepare()
    stage.ready.clear()  # prepared anew: initialised anew
    outcome = stage.stacks.roll_out()
    assert outcome.failed == {}
    again = stage.stacks.differences()
    assert {name: planned.said.changes for name, planned in again.done.items() if planned.changed} == {}
    return dict(outcome.done["all"].did)


def test_applied_unchanged_changed_in_place_destroyed(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    write(folder)
    with staged(load_project(folder), Options("dev"), ignore) as stage:
        applied(stage)
        database = stage.client("rds").describe_db_instances()["DBInstances"][0]
        assert (database["PubliclyAccessible"], database["StorageEncrypted"]) == (False, True)
        node = stage.client("ec2").describe_instances()["Reservations"][0]["Instances"][0]
        assert "PublicIpAddress" not in node
        write(folder, CHANGED)
        stage.compiled = compile_environment(load_project(folder), "dev")
        did = applied(stage)
        assert (did["add"], did["remove"]) == (1, 1)  # ECR's lifecycle policy, which the provider can only replace
        assert did["change"] >= 5
        outcome = stage.stacks.take_down()
        assert outcome.failed == {}
        assert stage.client("rds").describe_db_instances()["DBInstances"] == []
        ecs = stage.client("ecs")
        clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"] or ["none"])["clusters"]
        assert {one["status"] for one in clusters} <= {"INACTIVE"}  # ECS tells of deleted ones for a while
