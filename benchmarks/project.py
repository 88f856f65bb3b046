"""A throwaway project around one benchmark database, driven through the command line as a user would."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, measure

PLATFORM = """\
lakewright: 1
platform: bench
environments: {{local: {{lake: lake}}}}
sources:
  bench:
    postgres: {{url: "${{BENCH_DATABASE_URL}}", tables: [{tables}], tenant: tenant_id}}
"""


class BenchProject:
    """`lakewright` commands in a folder of its own; each is a process that `measure` accounts for."""

    def __init__(self, folder: Path, url: str, tables: str = "public.*") -> None:
        folder.mkdir(parents=True)
        (folder / "platform.yaml").write_text(PLATFORM.format(tables=tables))
        self.folder = folder
        self.env = {**os.environ, "BENCH_DATABASE_URL": url}

    @classmethod
    def at(cls, folder: Path, url: str) -> BenchProject:
        """The project that is in a folder, with its database at `url`."""
        project = cls.__new__(cls)
        project.folder, project.env = folder, {**os.environ, "BENCH_DATABASE_URL": url}
        return project

    def copied(self, folder: Path) -> BenchProject:
        """The same project with all that it holds, in another folder, which must not exist."""
        return self.at(shutil.copytree(self.folder, folder), self.env["BENCH_DATABASE_URL"])

    def run(self, *arguments: str) -> tuple[Measured, dict[str, Any]]:
        """Runs one command with `--json`; gives the measurement and what it printed."""
        measured = measure(
            [sys.executable, "-m", "lakewright", *arguments, "--project", str(self.folder), "--json"], env=self.env
        )
        return measured, json.loads(measured.output.splitlines()[-1])
