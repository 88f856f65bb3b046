"""The state stack before its own bucket exists, and after: its state is local first, then moves into the bucket."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from lakewright.errors import LakewrightError, ProblemError
from lakewright.infra.order import Step
from lakewright.infra.terraform import Terraform

OVERRIDE = "zz_lakewright_bootstrap_override.tf"
"""Override files are read by name: this one comes after every other, so its backend wins."""
_BACKEND = """\
# Until the bucket for state exists, this copy of the stack keeps its own state beside itself.
terraform {
  backend "local" {}
}
"""
_STATE = "terraform.tfstate"


def lacks_bucket(error: LakewrightError) -> bool:
    """Whether an `init` failed since the bucket of the backend is not there."""
    text = error.fact.lower()
    return "nosuchbucket" in text or ("bucket" in text and "does not exist" in text)


class Bootstrap:
    """A copy of the state stack below `scratch` that works without the bucket."""

    def __init__(self, terraform: Terraform, step: Step, scratch: Path) -> None:
        self._terraform = terraform
        self._step = step
        self._root = scratch
        self.folder = scratch / step.folder.parent.name / step.folder.name

    @property
    def state(self) -> Path:
        """The local state; it is there between the first apply and the move, and after an interruption of that."""
        return self.folder / _STATE

    def copy(self) -> Path:
        """Makes the copy anew, keeping a state that an interrupted run has left in it; gives its folder."""
        ignored = shutil.ignore_patterns(".terraform", "*.tfstate*")
        shutil.copytree(self._step.folder, self.folder, ignore=ignored, dirs_exist_ok=True)
        modules = self._step.folder.parents[1] / "modules"
        shutil.copytree(modules, self._root / "modules", ignore=ignored, dirs_exist_ok=True)
        (self.folder / OVERRIDE).write_text(_BACKEND, encoding="utf-8")
        self._terraform.init(self.folder, self._step.name)
        return self.folder

    def move_in(self) -> None:
        """Puts the local state into the bucket, which is there now; the copy goes.

        Raises ProblemError LW1366 when the bucket holds another one with resources: neither is touched then.
        """
        if not self.state.is_file():
            return
        local = json.loads(self.state.read_text(encoding="utf-8"))
        there = json.loads(self._terraform.pull(self._step.folder, self._step.name))
        if there["lineage"] != local["lineage"] and local["resources"]:
            if there["resources"]:
                fact = f"the bucket holds a state already, and {self.state} is another one"
                hint = "look at both with `terraform state list`; remove the file if the bucket's is the right one"
                raise ProblemError("LW1366", fact, place=self._step.name, hint=hint)
            self._terraform.push(self._step.folder, self.state, self._step.name)
        shutil.rmtree(self._root)
