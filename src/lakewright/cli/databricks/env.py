"""`lakewright databricks env`: settings for a shell."""

from __future__ import annotations

import contextlib
import http.client
import json
import shlex
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from lakewright.cli.databricks.running import profiles_of, running_folder
from lakewright.cli.output import Invocation, Report, verb
from lakewright.errors import ProblemError
from lakewright.rehearse.databricks.profiles import ACCOUNT, FILE, Profiles, write_profiles

EXAMPLE = """eval "$(lakewright databricks env)" && python make_workspaces.py
eval "$(lakewright databricks env --workspace analytics)" && databricks catalogs list
eval "$(lakewright databricks env --rehearsal dev)"   # after `rehearse dev --keep`"""
UNSET = ("DATABRICKS_HOST", "DATABRICKS_ACCOUNT_ID", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET",
         "DATABRICKS_TOKEN", "DATABRICKS_AUTH_TYPE", "DATABRICKS_USERNAME", "DATABRICKS_PASSWORD")  # fmt: skip


@verb("env", example=EXAMPLE)
@click.option("--workspace", metavar="NAME", help="A workspace. [default: the account]")
@click.option("--rehearsal", metavar="ENV", help="That of a kept rehearsal. [default: the only one, if none else]")
def command(invocation: Invocation, workspace: str | None, rehearsal: str | None) -> Report:
    """The settings with which a shell uses the running local Databricks: its account, or one of its workspaces.

    They name a profile in a file that only you can read: the SDK, the CLI and Terraform need nothing else.
    """
    folder = running_folder(invocation, rehearsal)
    profiles = profiles_of(folder)
    profile = ACCOUNT if workspace is None else _workspace(folder, profiles, workspace)
    variables = {"DATABRICKS_CONFIG_FILE": str(folder / FILE), "DATABRICKS_CONFIG_PROFILE": profile}
    return Report({"environment": variables}, lambda screen: screen.line(_as_shell(variables)))


def _as_shell(variables: Mapping[str, str]) -> str:
    """Lines for `eval`; what would win over the profile is unset."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join(["unset " + " ".join(UNSET), *exports])


def _workspace(folder: Path, profiles: Profiles, name: str) -> str:
    """The profile of a workspace, which is written. Raises ProblemError LW1508 when there is none of that name."""
    own = profiles[ACCOUNT]
    form = {"grant_type": "client_credentials", "client_id": own["client_id"], "client_secret": own["client_secret"]}
    encoded = urllib.parse.urlencode(form).encode()
    token = _asked(f"{own['host']}/oidc/accounts/{own['account_id']}/v1/token", encoded)["access_token"]
    found = _asked(f"{own['host']}/api/2.0/accounts/{own['account_id']}/workspaces", token=token)
    known = {one["workspace_name"]: one for one in found}
    if name not in known:
        hint = f"there are {', '.join(sorted(known))}" if known else "none has been made yet"
        raise ProblemError("LW1508", f'no workspace "{name}"', hint=hint)
    key = f"workspace-{known[name]['workspace_id']}"
    here = {field: own[field] for field in ("client_id", "client_secret", "auth_type")}
    write_profiles(folder, {**profiles, key: {"host": str(known[name]["workspace_url"]), **here}})
    return key


def _asked(url: str, form: bytes | None = None, token: str = "") -> Any:
    """What this machine's own service answers."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
    headers = {"Authorization": f"Bearer {token}"} if token else {"Content-Type": "application/x-www-form-urlencoded"}
    with contextlib.closing(connection):
        connection.request("GET" if form is None else "POST", place.path, form, headers)
        return json.loads(connection.getresponse().read())
