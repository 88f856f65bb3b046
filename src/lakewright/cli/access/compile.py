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
    "lakewright access compile unity-catalog --catalog shop -o unity.json\n"
    "lakewright access compile trino -o rules.json",
)
@click.argument("target", type=click.Choice(["lake-formation", "unity-catalog", "trino"]))
@click.option("--catalog", help="The catalog's name. [default: lakehouse in Unity Catalog, lake in Trino]")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write into this file.")
@click.option("--at", metavar="TIME", help="As of this moment, for grants with a time limit. [default: now]")
def command(invocation: Invocation, target: str, catalog: str | None, output: Path | None, at: str | None) -> Report:
    """Write the rules as plain data for Lake Formation or Unity Catalog, or as the file of Trino's access control.

    Nothing is deployed. What the target cannot express is an error that names the rule and a way out, exit code 2.
    """
    from lakewright.cli.access.subject import Governed, moment
    from lakewright.governance.lake_formation import compile_lake_formation
    from lakewright.governance.trino import compile_trino
    from lakewright.governance.unity_catalog import compile_unity_catalog

    governed = Governed.of(invocation)
    targets, when = governed.project.platform.access.targets, moment(at)
    asked = (governed.policy, governed.users.values(), governed.tables.values(), targets, when)
    compiled: dict[str, Any]
    match target:
        case "lake-formation":
            compiled = compile_lake_formation(*asked).as_dict()
        case "unity-catalog":
            compiled = compile_unity_catalog(*asked, catalog or "lakehouse").as_dict()
        case _:
            compiled = compile_trino(*asked, catalog or "lake").as_dict()
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
