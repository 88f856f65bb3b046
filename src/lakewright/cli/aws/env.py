"""`lakewright aws env`: settings for a shell."""

from __future__ import annotations

from pathlib import Path

import click

from lakewright.cli.aws.running import LOCK, folder_of, rehearsals_of
from lakewright.cli.output import Invocation, Report, verb
from lakewright.errors import ProblemError

EXAMPLE = """eval "$(lakewright aws env)" && aws sts get-caller-identity
eval "$(lakewright aws env --account 222222222222)" && terraform apply
eval "$(lakewright aws env --rehearsal dev)" && aws glue get-crawlers   # after `rehearse dev --keep`"""


@verb("env", example=EXAMPLE)
@click.option("--account", metavar="ID", help="Which account's administrator. [default: the first]")
@click.option("--rehearsal", metavar="ENV", help="The AWS of a kept rehearsal. [default: the only one, if none else]")
def command(invocation: Invocation, account: str | None, rehearsal: str | None) -> Report:
    """The settings with which a shell uses the running local AWS: boto3, the CLI and Terraform need nothing else."""
    from lakewright.rehearse.aws import runtime

    folder = running_folder(invocation, rehearsal)
    variables = runtime.environment_of(folder, account or runtime.profiles_of(folder)[0])
    return Report({"environment": variables}, lambda screen: screen.line(runtime.as_shell(variables)))


def running_folder(invocation: Invocation, rehearsal: str | None) -> Path:
    """The folder of keys and settings. Raises ProblemError LW1423 when nothing runs, or it is not clear which."""
    from lakewright.ingest.lock import holder

    alone, kept = folder_of(invocation), rehearsals_of(invocation)
    if rehearsal is not None:
        if rehearsal not in kept:
            hint = f"`lakewright rehearse {rehearsal} --keep` starts one"
            raise ProblemError("LW1423", f"no rehearsal of {rehearsal} is up in this folder", hint=hint)
        return kept[rehearsal]
    if holder(alone / LOCK) is not None:
        return alone
    if not kept:
        hint = "`lakewright aws start` starts one, and so does `lakewright rehearse ENV --keep`"
        raise ProblemError("LW1423", "no local AWS runs in this folder", hint=hint)
    if len(kept) > 1:
        raise ProblemError("LW1423", f"rehearsals of {', '.join(kept)} are up", hint="--rehearsal ENV says which")
    return next(iter(kept.values()))
