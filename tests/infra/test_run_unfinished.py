"""Which resources of a state were never finished, and must not be made anew: states as Terraform 1.11 writes them.

That an interrupted `setup` goes on so: tests/blueprints/test_databricks_single.py.
"""

from __future__ import annotations

import json
from typing import Any

from lakewright.infra.run_unfinished import unfinished


def resource(
    kind: str, *instances: dict[str, Any], module: str = "module.lake", mode: str = "managed"
) -> dict[str, Any]:
    return {"module": module, "mode": mode, "type": kind, "name": "this", "instances": list(instances)}


def state(*resources: dict[str, Any]) -> str:
    return json.dumps({"version": 4, "resources": list(resources)})


def test_only_what_is_bound_and_only_what_is_tainted() -> None:
    tainted, whole = {"status": "tainted"}, {"attributes": {"id": "x"}}
    found = unfinished(
        state(
            resource("aws_s3_bucket", {**tainted, "index_key": "raw"}, {**whole, "index_key": "processed"}),
            resource("aws_kms_key", tainted, module="module.state"),
            resource("aws_vpc", tainted, module=""),
            resource("aws_db_instance", {**tainted, "index_key": 0}),
            resource("aws_iam_role", tainted),  # made anew without harm
            resource("aws_s3_bucket", tainted, mode="data"),
            resource("databricks_mws_workspaces", whole),
        )
    )
    assert found == (
        'module.lake.aws_s3_bucket.this["raw"]',
        "module.state.aws_kms_key.this",
        "aws_vpc.this",
        "module.lake.aws_db_instance.this[0]",
    )


def test_without_a_state_there_is_nothing() -> None:
    assert unfinished("") == ()
    assert unfinished("\n") == ()
    assert unfinished(state()) == ()
