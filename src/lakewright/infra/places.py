"""Where a stack's files say what an address of a plan is about."""

from __future__ import annotations

from pathlib import Path

from lakewright.infra.hcl_read import HclError, read_blocks


def place_of(folder: Path, address: str) -> str:
    """`infra/dev/foundation/main.tf:31` for `module.network.…` and for a resource of the stack's own.

    `folder` is the stack's, below `infra/ENV`. The folder alone when no file of it says so.
    """
    name = "/".join(folder.parts[-3:])
    labels = _labels(address)
    for path in sorted(folder.glob("*.tf")):
        try:
            blocks = read_blocks(path.read_text(encoding="utf-8"))
        except HclError:
            continue
        for block in blocks:
            if (block.kind, *block.labels) == labels:
                return f"{name}/{path.name}:{block.line}"
    return name


def _labels(address: str) -> tuple[str, ...]:
    parts = [part.partition("[")[0] for part in address.split(".")]
    return ("module", parts[1]) if parts[0] == "module" else ("resource", *parts[:2])
