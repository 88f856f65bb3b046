"""`lakewright access compile`: the rules as another system holds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb


@verb(
    "compile",
    example="lakewright access compile lake-formation\n"
    "lakewright access compile unity-catalog --catalog shop -o unity.json",
)
@click.argument("target", type=click.Choice(["lake-formation", "unity-catalog"]))
@click.option("--catalog", default="lakehouse", show_default=True, help="Unity Catalog's catalog.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write into this file.")
@click.option("--at", metavar="TIME", help="As of this moment, for grants with a time limit. [default: now]")
def command(invocation: Invocation, target: str, catalog: str, output: Path | None, at: str | None) -> Report:
    """Write the rules as plain data for Lake Formation or Unity Catalog.

    Nothing is deployed. What the target cannot express is an error that names the rule and a way out, exit code 2.
    """
    from lakewright.cli.access.subject import Governed, moment
    from lakewright.governance.lake_formation import compile_lake_formation
    from lakewright.governance.unity_catalog import compile_unity_catalog

    governed = Governed.of(invocation)
    targets, when = governed.project.platform.access.targets, moment(at)
    people, tables = governed.users.values(), governed.tables.values()
    compiled: dict[str, Any]
    if target == "lake-formation":
        compiled = compile_lake_formation(governed.policy, people, tables, targets, when).as_dict()
    else:
        compiled = compile_unity_catalog(governed.policy, people, tables, targets, when, catalog).as_dict()
    text = json.dumps(compiled, indent=2, ensure_ascii=False)
    if output is not None:
        output.write_text(text + "\n", encoding="utf-8")

    def show(screen: Screen) -> None:
        if output is None:
            screen.line(text)
            return
        counts = ", ".join(f"{len(part)} {name}" for name, part in compiled.items() if isinstance(part, list))
        screen.line(f"{output}: {counts}")

    return Report({"target": target, "compiled": compiled}, show)
