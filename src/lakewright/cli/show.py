"""`lakewright show`: the spec as understood."""

from __future__ import annotations

import click

from lakewright.cli.output import Invocation, Report, Screen, as_json, verb


@verb("show", example="lakewright show --resolved\nlakewright show --schema > platform.schema.json")
@click.option("--resolved", is_flag=True, help="Every value, with where it comes from.")
@click.option("--schema", is_flag=True, help="The JSON schema of platform.yaml, for editors.")
def command(invocation: Invocation, resolved: bool, schema: bool) -> Report | None:
    """Show the spec as understood, and where each value comes from."""
    if schema:
        from lakewright.spec.reference import json_schema

        print(as_json(json_schema()) if invocation.json else json_schema_text())
        return None
    from lakewright.spec.resolved import resolve

    values = resolve(invocation.project())
    shown = values if resolved else [value for value in values if value.origin != "default"]

    def text(screen: Screen) -> None:
        screen.table(["key", "value", "from"], [(value.key, value.text, value.origin) for value in shown])

    data = {"values": [{"key": value.key, "value": value.value, "from": value.origin} for value in shown]}
    return Report(data, text)


def json_schema_text() -> str:
    from lakewright.spec.reference import schema_text

    return schema_text().rstrip("\n")
