"""A folder of Terraform plugins with the stand-in in it, and those of another folder beside it by links."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

from lakewright.errors import MissingError
from lakewright.rehearse.databricks.provider.schema import load

ADDRESS = Path("registry.terraform.io/databricks/databricks")
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_SCRIPT = """\
#!/bin/sh
# Lakewright's stand-in for the Databricks provider: it speaks with a local Databricks only.
exec {python} -I -S -c {code} "$@"
"""
_CODE = "import sys; sys.path[:0] = {path!r}; from lakewright.rehearse.databricks.provider.serve import main; main()"


def plugin_folder(folder: Path, also: Path | None = None) -> Path:
    """Makes `folder` a plugin folder for `terraform init -plugin-dir`: all providers of `also`, and the stand-in in
    the version of its schema. A provider `databricks/databricks` in `also` is left out. Gives the folder.

    Raises MissingError LW1550 without the package `tf`, which speaks Terraform's protocol."""
    if find_spec("tf") is None:
        hint = "pip install 'lakewright[databricks]'"
        raise MissingError("LW1550", "the stand-in for the Databricks provider needs the package tf", hint=hint)
    folder.mkdir(parents=True, exist_ok=True)
    if also is not None:
        _link(also, folder)
    version = load().version
    target = folder / ADDRESS / version / _platform()
    target.mkdir(parents=True, exist_ok=True)
    binary = target / f"terraform-provider-databricks_v{version}"
    binary.write_text(_script(), encoding="utf-8")
    binary.chmod(0o755)
    return folder


def _link(also: Path, folder: Path) -> None:
    """By the folders of platforms, the only ones of which Terraform follows links."""
    for found in sorted(also.glob("*/*/*/*/*")):
        address = found.relative_to(also)
        place = folder / address
        if ADDRESS not in address.parents and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(found.resolve(), target_is_directory=True)


def installation(file: Path, plugins: Path) -> Path:
    """Writes a configuration of Terraform's with which the stand-in comes from the folder `plugins`, and every other
    provider from where Terraform finds it by itself. Gives the file, for TF_CLI_CONFIG_FILE."""
    address = json.dumps([ADDRESS.as_posix()])
    file.write_text(
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(plugins))}\n    include = {address}\n  }}\n"
        f"  direct {{\n    exclude = {address}\n  }}\n"
        "}\n",
        encoding="utf-8",
    )
    return file


def _script() -> str:
    path = [one for one in sys.path if one and Path(one).is_dir()]
    return _SCRIPT.format(python=shlex.quote(sys.executable), code=shlex.quote(_CODE.format(path=path)))


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"
