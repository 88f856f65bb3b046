"""Where a running local Databricks tells of itself: a file for its owner only, gone when it stops."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from lakewright.cli.output import Invocation
from lakewright.errors import ProblemError

LOCK, SETTINGS = "databricks.lock", "databricks.json"


def folder_of(invocation: Invocation) -> Path:
    """Settings and lock of the local Databricks that was started from this folder."""
    from lakewright.rehearse.aws.runtime import runtime_folder

    here = invocation.folder.resolve()
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    mine = home / "lakewright" / hashlib.sha256(str(here).encode()).hexdigest()[:12]
    return runtime_folder(here, mine, os.environ) / "databricks"


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Readable by its owner alone; what a crash left there is replaced."""
    fresh = folder / f"{SETTINGS}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(settings, file)
    fresh.replace(folder / SETTINGS)


def remove_settings(folder: Path) -> None:
    for name in (SETTINGS, f"{SETTINGS}.new"):
        (folder / name).unlink(missing_ok=True)


def settings_of(folder: Path) -> dict[str, str]:
    """The settings of what runs. Raises ProblemError LW1507 when nothing does."""
    from lakewright.ingest.lock import holder

    if holder(folder / LOCK) is None:
        hint = "`lakewright databricks start` starts one"
        raise ProblemError("LW1507", "no local Databricks runs in this folder", hint=hint)
    try:
        found: dict[str, str] = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProblemError("LW1507", "it does not run", hint="it is just starting, or ending") from None
    return found
