"""Files of the workspace, where a task finds them as files."""

from __future__ import annotations

import base64
from pathlib import Path

from lakewright.rehearse.databricks.faults import missing
from lakewright.rehearse.databricks.workspace.files import below, content_of
from lakewright.rehearse.databricks.world import Call

MOUNT = "/Workspace/"


def fetched(call: Call, path: str, folder: Path) -> Path:
    """A folder or file of the workspace, copied below `folder`. Raises RESOURCE_DOES_NOT_EXIST."""
    with call.objects.transaction():
        found = below(call, path)
        files = {inside: base64.b64decode(content_of(call, whole)["content"]) for inside, whole in found.items()}
    if not files:
        raise missing(f"Path ({path}) doesn't exist.")
    target = folder / path.removeprefix(MOUNT).strip("/")
    for inside, content in files.items():
        file = target / inside if inside else target
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return target
