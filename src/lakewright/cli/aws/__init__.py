"""`lakewright aws …`: the local AWS by itself."""

from __future__ import annotations

from lakewright.cli.registry import Entry, LazyGroup

command = LazyGroup(
    "aws",
    help="The local AWS by itself, for Terraform, boto3 and the AWS CLI; it answers on this machine only.",
    registry={
        "start": Entry("lakewright.cli.aws.start:command", "Start it, until Ctrl-C or `aws stop`."),
        "env": Entry("lakewright.cli.aws.env:command", "Print the settings with which a shell uses it."),
        "stop": Entry("lakewright.cli.aws.stop:command", "End it."),
    },
)
