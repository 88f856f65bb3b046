"""The example shop, run as what it is: somebody else's Django project in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from lakewright.errors import MissingError, ProblemError


def find_shop() -> Path:
    """The project's folder: inside the installed package, or beside the sources. Raises LW805 when it is nowhere."""
    packaged = Path(str(resources.files("lakewright"))) / "examples" / "shop"
    checkout = Path(str(resources.files("lakewright"))).parents[1] / "examples" / "shop"
    for folder in (packaged, checkout):
        if (folder / "manage.py").exists():
            return folder
    raise MissingError("LW805", "the example shop is not part of this installation", hint="reinstall lakewright")


class Shop:
    """Runs `manage.py` commands against one database."""

    def __init__(self, url: str) -> None:
        self._folder = find_shop()
        self._environment = {**os.environ, "SHOP_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "shop.settings"}

    def start(self, command: str, arguments: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Starts a management command; the caller waits for it and reads what it prints."""
        return subprocess.Popen(
            [sys.executable, "manage.py", command, *arguments],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def lines(self, command: str, arguments: Sequence[str] = ()) -> Iterator[str]:
        """Runs a management command to its end and gives its output lines as they come. Raises LW806 if it fails."""
        with self.start(command, arguments) as process:
            if process.stdout is None or process.stderr is None:
                raise ProblemError("LW806", f"manage.py {command} gave no output")
            yield from process.stdout
            problem = process.stderr.read()
        if process.returncode:
            raise ProblemError(
                "LW806",
                f"manage.py {command} failed: {problem.strip().splitlines()[-1] if problem.strip() else 'no message'}",
                hint="pip install 'lakewright[demo]'" if "No module named" in problem else "",
            )

    def run(self, command: str, arguments: Sequence[str] = ()) -> list[str]:
        return list(self.lines(command, arguments))
