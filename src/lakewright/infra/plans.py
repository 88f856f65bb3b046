"""Saved plans: what `apply` may do, and what tells that it may no longer."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lakewright.errors import ProblemError
from lakewright.infra.messages import Change
from lakewright.infra.order import Step

PLAN, RECORD = "plan.tfplan", "plan.json"


@dataclass(frozen=True)
class Saved:
    """One stack's saved plan. `files` is the digest of what it was made from; `upstream` of the outputs it has read.

    `waits`: the stacks that must be applied before this one can be planned at all (then there is no plan file).
    """

    stack: str
    made: str
    files: str = ""
    upstream: Mapping[str, str] | None = None
    changed: bool = False
    outputs_change: bool = False
    changes: tuple[Change, ...] = ()
    bootstrap: bool = False
    waits: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of changes by action."""
        actions = [change.action for change in self.changes]
        return {action: actions.count(action) for action in dict.fromkeys(actions)}


class Plans:
    """The saved plans of one environment, in an owner-only folder: plan files hold values."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, stack: str) -> Path:
        """Where terraform writes and reads the plan of a stack."""
        folder = self._folder / stack
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / PLAN

    def save(self, saved: Saved) -> None:
        path = self.file(saved.stack).with_name(RECORD)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(saved), sort_keys=True, indent=2) + "\n", encoding="utf-8")
        fresh.replace(path)

    def find(self, stack: str) -> Saved | None:
        """What was saved for a stack; None when nothing was, or it was applied meanwhile."""
        try:
            text = (self._folder / stack / RECORD).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        plain: dict[str, Any] = json.loads(text)
        changes = tuple(Change(**change) for change in plain.pop("changes"))
        return Saved(**plain | {"changes": changes, "waits": tuple(plain["waits"])})

    def drop(self, stack: str) -> None:
        """Forgets a stack's plan: it was applied, or planning begins anew."""
        shutil.rmtree(self._folder / stack, ignore_errors=True)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def files_digest(step: Step) -> str:
    """Over every file of the stack and of the modules beside it, whoever wrote them; not what terraform keeps there."""
    digest = hashlib.sha256()
    modules = step.folder.parents[1] / "modules"
    for root in (step.folder, modules):
        for path in files_of(root):
            digest.update(f"{root.name}/{path.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def files_of(root: Path) -> Iterator[Path]:
    """Every file below a folder, in order, but what terraform keeps there."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".terraform")
        for name in sorted(names):
            if not name.startswith((".terraform.", "terraform.tfstate")):
                yield Path(folder) / name


def outputs_digest(outputs: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(outputs, sort_keys=True).encode()).hexdigest()


def check(saved: Saved | None, step: Step, upstream: Mapping[str, str]) -> Saved:
    """The saved plan, if it still says what would happen; `upstream` are digests of today's outputs before it.

    Raises ProblemError: LW1360 no plan, LW1361 out of order, LW1362 its files or what it read are others now.
    """
    if saved is None:
        raise ProblemError("LW1360", "there is no saved plan", place=step.name, hint="`lakewright plan` makes one")
    if saved.waits:
        fact = f"it could not be planned before {', '.join(saved.waits)} was applied"
        raise ProblemError("LW1361", fact, place=step.name, hint="apply that, then plan again")
    if saved.files != files_digest(step):
        fact = f"its files have changed since it was planned ({saved.made})"
        raise ProblemError("LW1362", fact, place=step.name, hint="plan again")
    others = sorted(name for name, digest in (saved.upstream or {}).items() if upstream.get(name) != digest)
    if others:
        fact = f"what {', '.join(others)} provides has changed since it was planned ({saved.made})"
        raise ProblemError("LW1362", fact, place=step.name, hint="plan again")
    return saved
