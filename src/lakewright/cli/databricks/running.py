"""Which local Databricks a command means: one that was started from this folder, or that of a kept rehearsal."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from lakewright.cli.aws.running import rehearsals_of
from lakewright.cli.output import Invocation
from lakewright.errors import ProblemError
from lakewright.rehearse.databricks.profiles import FILE, Profiles, profiles_in

LOCK = "databricks.lock"


def folder_of(invocation: Invocation) -> Path:
    """Profiles and lock of the local Databricks that was started from this folder."""
    from lakewright.rehearse.aws.runtime import runtime_folder

    here = invocation.folder.resolve()
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    mine = home / "lakewright" / hashlib.sha256(str(here).encode()).hexdigest()[:12]
    return runtime_folder(here, mine, os.environ) / "databricks"


def running_folder(invocation: Invocation, rehearsal: str | None = None) -> Path:
    """The folder of profiles. Raises ProblemError LW1507 when nothing runs, or it is not clear which."""
    from lakewright.ingest.lock import holder

    alone = folder_of(invocation)
    kept = {name: home for name, home in rehearsals_of(invocation).items() if (home / FILE).is_file()}
    if rehearsal is not None:
        if rehearsal not in kept:
            hint = f"`lakewright rehearse {rehearsal} --keep` starts one, if a stack needs it"
            raise ProblemError(
                "LW1507", f"no rehearsal of {rehearsal} with a Databricks is up in this folder", hint=hint
            )
        return kept[rehearsal]
    if holder(alone / LOCK) is not None:
        return alone
    if not kept:
        hint = "`lakewright databricks start` starts one, and so does `lakewright rehearse ENV --keep`"
        raise ProblemError("LW1507", "no local Databricks runs in this folder", hint=hint)
    if len(kept) > 1:
        raise ProblemError("LW1507", f"rehearsals of {', '.join(kept)} are up", hint="--rehearsal ENV says which")
    return next(iter(kept.values()))


def profiles_of(folder: Path) -> Profiles:
    """The profiles of what runs. Raises ProblemError LW1507 when there are none."""
    found = profiles_in(folder)
    if not found:
        raise ProblemError("LW1507", "it does not run", hint="it is just starting, or ending")
    return found
