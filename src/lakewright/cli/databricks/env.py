"""`lakewright databricks env`: settings for a shell."""

from __future__ import annotations

import contextlib
import http.client
import json
import shlex
import urllib.parse
from collections.abc import Mapping
from typing import Any

import click

from lakewright.cli.databricks.running import folder_of, settings_of
from lakewright.cli.output import Invocation, Report, verb
from lakewright.errors import ProblemError

EXAMPLE = """eval "$(lakewright databricks env)" && terraform apply
eval "$(lakewright databricks env --workspace analytics)" && databricks catalogs list"""
OTHERS = ("DATABRICKS_TOKEN", "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_USERNAME", "DATABRICKS_PASSWORD")


@verb("env", example=EXAMPLE)
@click.option("--workspace", metavar="NAME", help="A workspace. [default: the account]")
def command(invocation: Invocation, workspace: str | None) -> Report:
    """The settings with which a shell uses the running local Databricks: its account, or one of its workspaces."""
    settings = settings_of(folder_of(invocation))
    variables = {
        "DATABRICKS_HOST": settings["host"],
        "DATABRICKS_ACCOUNT_ID": settings["account_id"],
        "DATABRICKS_CLIENT_ID": settings["client_id"],
        "DATABRICKS_CLIENT_SECRET": settings["client_secret"],
        "DATABRICKS_AUTH_TYPE": "oauth-m2m",
    }
    if workspace is not None:
        variables["DATABRICKS_HOST"] = _address(settings, workspace)
        del variables["DATABRICKS_ACCOUNT_ID"]
    return Report({"environment": variables}, lambda screen: screen.line(_as_shell(variables)))


def _as_shell(variables: Mapping[str, str]) -> str:
    """Lines for `eval`; what would win over them is unset."""
    unset = [name for name in (*OTHERS, "DATABRICKS_ACCOUNT_ID") if name not in variables]
    return "\n".join(
        ["unset " + " ".join(unset), *(f"export {name}={shlex.quote(value)}" for name, value in variables.items())]
    )


def _address(settings: Mapping[str, str], name: str) -> str:
    """Where a workspace answers. Raises ProblemError LW1508 when there is none of that name."""
    form = urllib.parse.urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": settings["client_id"],
            "client_secret": settings["client_secret"],
        }
    ).encode()
    token = _asked(f"{settings['host']}/oidc/accounts/{settings['account_id']}/v1/token", form)["access_token"]
    found = _asked(f"{settings['host']}/api/2.0/accounts/{settings['account_id']}/workspaces", token=token)
    known = {one["workspace_name"]: one["workspace_url"] for one in found}
    if name not in known:
        hint = f"there are {', '.join(sorted(known))}" if known else "none has been made yet"
        raise ProblemError("LW1508", f'no workspace "{name}"', hint=hint)
    return str(known[name])


def _asked(url: str, form: bytes | None = None, token: str = "") -> Any:
    """What this machine's own service answers."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
    headers = {"Authorization": f"Bearer {token}"} if token else {"Content-Type": "application/x-www-form-urlencoded"}
    with contextlib.closing(connection):
        connection.request("GET" if form is None else "POST", place.path, form, headers)
        return json.loads(connection.getresponse().read())
