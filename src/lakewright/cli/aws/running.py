"""Where a running local AWS tells of itself: a folder for its owner only, one for each folder that it is started in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from lakewright.cli.output import Invocation

LOCK = "aws.lock"


def folder_of(invocation: Invocation) -> Path:
    """Keys and settings of the local AWS that was started from this folder."""
    from lakewright.rehearse.aws.runtime import runtime_folder

    here = invocation.folder.resolve()
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    mine = home / "lakewright" / hashlib.sha256(str(here).encode()).hexdigest()[:12]
    return runtime_folder(here, mine, os.environ) / "aws"


def rehearsals_of(invocation: Invocation) -> Mapping[str, Path]:
    """The rehearsals of this project that are up: environment → folder of keys and settings."""
    from lakewright.ingest.lock import holder

    locks = sorted((invocation.folder.resolve() / ".lakewright" / "rehearsal").glob("*.lock"))
    return {lock.stem: lock.with_suffix("") / "home" for lock in locks if holder(lock) is not None}
