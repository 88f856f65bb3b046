"""`lakewright aws env`: settings for a shell."""

from __future__ import annotations

import click

from lakewright.cli.aws.running import LOCK, folder_of
from lakewright.cli.output import Invocation, Report, verb
from lakewright.errors import ProblemError

EXAMPLE = """eval "$(lakewright aws env)" && aws sts get-caller-identity
eval "$(lakewright aws env --account 222222222222)" && terraform apply"""


@verb("env", example=EXAMPLE)
@click.option("--account", metavar="ID", help="Which account's administrator. [default: the first]")
def command(invocation: Invocation, account: str | None) -> Report:
    """The settings with which a shell uses the running local AWS: boto3, the CLI and Terraform need nothing else."""
    from lakewright.ingest.lock import holder
    from lakewright.rehearse.aws import runtime

    folder = folder_of(invocation)
    if holder(folder / LOCK) is None:
        raise ProblemError("LW1423", "no local AWS runs in this folder", hint="`lakewright aws start` starts one")
    variables = runtime.environment_of(folder, account or runtime.profiles_of(folder)[0])
    return Report({"environment": variables}, lambda screen: screen.line(runtime.as_shell(variables)))
