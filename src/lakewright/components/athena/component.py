"""Athena's inputs, from the spec's `query`: workgroups with limits and encrypted results, saved queries, statements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, Value
from lakewright.components.lake import bucket_output
from lakewright.errors import Mistakes, SpecError
from lakewright.spec.block import Block
from lakewright.spec.query import Workgroup
from lakewright.spec.values import Name, Text

PRIMARY = "primary"
"""In every account from the start: it can be neither made nor deleted, so it is left as it is."""

StatementName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_@:]{0,255}$")]


class Prepared(Block):
    """A statement with parameters, which clients run by its name."""

    workgroup: Name = Field(description="Workgroup that it belongs to.")
    sql: Text = Field(description="Its text, with `?` for parameters.")
    description: Text = Field(default="", description="What it answers.")


class Settings(Block):
    """How the lake is queried. Workgroups and saved queries are those of `query`."""

    statements: Mapping[StatementName, Prepared] = Field(default_factory=dict, description="Prepared statements.")


def call(context: Context, _name: str, settings: Settings) -> Call:
    """The inputs of Athena. Raises Mistakes for workgroups that are not there."""
    query = context.project.platform.query
    groups = {name: group for name, group in query.workgroups.items() if name != PRIMARY}
    mistakes = [
        SpecError(
            "LW1324",
            f'the prepared statement {name} is of no workgroup "{statement.workgroup}"',
            place=f"statements.{name}",
            hint=f"workgroups: {', '.join([PRIMARY, *groups])}",
        )
        for name, statement in settings.statements.items()
        if statement.workgroup not in (PRIMARY, *groups)
    ]
    if mistakes:
        raise Mistakes(mistakes)
    files = {f"queries/{name}.sql": _text(found.sql) for name, found in query.named_queries.items()}
    files |= {f"statements/{name}.sql": _text(found.sql) for name, found in settings.statements.items()}
    inputs: dict[str, Value] = {
        "account": context.place.account,
        "results_bucket": bucket_output(context, "athena-results"),
        "force_destroy": not context.place.strict,
        "workgroups": {name: _workgroup(context, group) for name, group in groups.items()},
        "queries": {
            name: {
                "workgroup": found.workgroup,
                "database": found.database,
                "description": found.description,
                "sql": File(f"queries/{name}.sql"),
            }
            for name, found in query.named_queries.items()
        },
        "statements": {
            name: {
                "workgroup": found.workgroup,
                "name": name,
                "description": found.description,
                "sql": File(f"statements/{name}.sql"),
            }
            for name, found in settings.statements.items()
        },
    }
    return Call(inputs, files)


def _text(sql: str) -> str:
    return sql.strip() + "\n"


def _workgroup(context: Context, group: Workgroup) -> Value:
    """The workgroup's own encryption; with a key in the environment, results are encrypted with that by default."""
    option, key = group.encryption.option.upper(), group.encryption.key
    said: dict[str, Value] = {"description": group.description, "enforce": group.enforce}
    if group.results is not None:
        said["output_location"] = group.results
    if group.scan_limit is not None:
        said["scan_limit"] = group.scan_limit
    if key is not None:
        return {**said, "encryption_option": option, "kms_key_arn": key}
    if context.has("kms_key"):
        return {**said, "encryption_option": "SSE_KMS", "kms_key_arn": context.output("kms_key", "arn")}
    return {**said, "encryption_option": option}


COMPONENT = Component(
    name="athena",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=call,
    provides=("workgroups", "workgroup_arns", "query_ids"),
    costs=lambda _context, _settings: (Cost("athena.tb_scanned", 0.1, "100 GB scanned in a month"),),
)
