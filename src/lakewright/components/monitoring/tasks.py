"""What is watched of containers: tasks that fail, or do not start."""

from __future__ import annotations

import json

from lakewright.components.component import Context
from lakewright.components.fargate.component import cluster_name
from lakewright.components.monitoring.watched import Watched


def watched_tasks(context: Context, call: str) -> Watched:
    """ECS tells when a task ends; `lakewright run` ends with 1 when a model failed."""
    exited = {"stopCode": ["EssentialContainerExited"], "containers": {"exitCode": [{"anything-but": 0}]}}
    detail = {
        "clusterArn": [context.place.arn("ecs", f"cluster/{cluster_name(context.place)}")],
        "lastStatus": ["STOPPED"],
        "$or": [{"stopCode": ["TaskFailedToStart"]}, exited],
    }
    pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": detail}
    told = ("A task failed, or did not start", json.dumps(pattern, indent=2))
    return Watched(patterns={f"{call.replace('_', '-')}-task-failed": told})
