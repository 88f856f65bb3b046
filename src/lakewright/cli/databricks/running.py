"""Where a running local Databricks tells of itself: a profile in Databricks' own format, for its owner only, gone when
it stops."""

from __future__ import annotations

import configparser
import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path

from lakewright.cli.output import Invocation
from lakewright.errors import ProblemError

LOCK, PROFILES = "databricks.lock", "databrickscfg"
ACCOUNT = "account"
"""The account's profile; a workspace's is `workspace-ID`."""
Profiles = dict[str, dict[str, str]]


def folder_of(invocation: Invocation) -> Path:
    """Profiles and lock of the local Databricks that was started from this folder."""
    from lakewright.rehearse.aws.runtime import runtime_folder

    here = invocation.folder.resolve()
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    mine = home / "lakewright" / hashlib.sha256(str(here).encode()).hexdigest()[:12]
    return runtime_folder(here, mine, os.environ) / "databricks"


def write_profiles(folder: Path, profiles: Mapping[str, Mapping[str, str]]) -> None:
    """Readable by its owner alone; what was there is replaced."""
    file = configparser.ConfigParser(interpolation=None)
    file.read_dict(profiles)
    text = io.StringIO()
    file.write(text)
    fresh = folder / f"{PROFILES}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text.getvalue())
    fresh.replace(folder / PROFILES)


def remove_profiles(folder: Path) -> None:
    for name in (PROFILES, f"{PROFILES}.new"):
        (folder / name).unlink(missing_ok=True)


def profiles_of(folder: Path) -> Profiles:
    """The profiles of what runs. Raises ProblemError LW1507 when nothing does."""
    from lakewright.ingest.lock import holder

    if holder(folder / LOCK) is None:
        hint = "`lakewright databricks start` starts one"
        raise ProblemError("LW1507", "no local Databricks runs in this folder", hint=hint)
    file = configparser.ConfigParser(interpolation=None)
    if not file.read(folder / PROFILES, encoding="utf-8"):
        raise ProblemError("LW1507", "it does not run", hint="it is just starting, or ending")
    return {name: dict(file[name]) for name in file.sections()}
