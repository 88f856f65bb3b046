"""How clients find a local Databricks: a profile in Databricks' own format, for its owner only, gone when it stops."""

from __future__ import annotations

import configparser
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakewright.rehearse.databricks.local import LocalDatabricks

FILE = "databrickscfg"
ACCOUNT = "account"
"""The account's profile; a workspace's is `workspace-ID`."""
Profiles = dict[str, dict[str, str]]


def administrator(databricks: LocalDatabricks) -> dict[str, str]:
    """The profile of the account's administrator."""
    return {
        "host": databricks.host,
        "account_id": databricks.account_id,
        "client_id": databricks.client_id,
        "client_secret": databricks.client_secret,
        "auth_type": "oauth-m2m",
    }


def write_profiles(folder: Path, profiles: Mapping[str, Mapping[str, str]]) -> None:
    """Readable by its owner alone; what was there is replaced."""
    file = configparser.ConfigParser(interpolation=None)
    file.read_dict(profiles)
    text = io.StringIO()
    file.write(text)
    fresh = folder / f"{FILE}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text.getvalue())
    fresh.replace(folder / FILE)


def profiles_in(folder: Path) -> Profiles:
    """Profile → settings; none where there is no file."""
    file = configparser.ConfigParser(interpolation=None)
    file.read(folder / FILE, encoding="utf-8")
    return {name: dict(file[name]) for name in file.sections()}


def remove_profiles(folder: Path) -> None:
    for name in (FILE, f"{FILE}.new"):
        (folder / name).unlink(missing_ok=True)
