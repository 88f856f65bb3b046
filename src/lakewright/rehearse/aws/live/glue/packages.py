"""Packages that a job brings along: installed once, and then there for every job that brings the same bytes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path


class Packages:
    """What `--additional-python-modules` names is installed by pip before a job begins (Glue's guide, "Python
    libraries"): modules lie in folders and are compiled once. `folder` keeps them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def installed(self, package: Path) -> Path:
        """Where the modules of a wheel are; a file that is no archive stays where it is."""
        if not zipfile.is_zipfile(package):
            return package
        place = self._folder / hashlib.sha256(package.read_bytes()).hexdigest()[:16]
        with self._lock:
            if not place.is_dir():
                fresh = place.with_suffix(".new")
                shutil.rmtree(fresh, ignore_errors=True)
                with zipfile.ZipFile(package) as archive:
                    archive.extractall(fresh)
                _compile(fresh, place)
                fresh.rename(place)
        return place


def _compile(modules: Path, shown: Path) -> None:
    """So that jobs do not each do it; what cannot be compiled says so when it is imported."""
    paths = ["-s", str(modules), "-p", str(shown), str(modules)]
    subprocess.run([sys.executable, "-I", "-m", "compileall", "-q", *paths], check=False, stdout=subprocess.DEVNULL)
