"""`lakewright bundle check`: whether the bundles on disk are valid, and as they would be compiled now."""

from __future__ import annotations

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import LakewrightError, ProblemError


@verb("check", example="lakewright bundle check live\nlakewright bundle check live --json   # in CI")
@click.argument("environment", metavar="ENV")
@click.argument("products", metavar="[PRODUCT]...", nargs=-1)
def command(invocation: Invocation, environment: str, products: tuple[str, ...]) -> Report:
    """Check the bundles in bundles/ENV: valid by Databricks' schema, and as they would be compiled now.

    Files of your own that a bundle includes are checked too.
    """
    from lakewright.infra.bundles.compile import compile_bundles
    from lakewright.infra.bundles.schema import check_bundle, source
    from lakewright.infra.bundles.write import FOLDER, compared, files_in

    project = invocation.project()
    bundles = compile_bundles(project, environment, products)
    where = f"{FOLDER}/{environment}"
    folder = project.root / FOLDER / environment
    done = compared(bundles, folder)
    problems: list[LakewrightError] = [
        ProblemError("LW1310", "not as compiled now", place=f"{where}/{name}")
        for name in (*done.created, *done.changed, *done.deleted)
    ]
    for one in bundles:
        problems += check_bundle(files_in(folder / one.product), f"{where}/{one.product}")
    data = {"environment": environment, "bundles": [one.product for one in bundles], "schema": source()}

    def show(screen: Screen) -> None:
        screen.line(f"{len(bundles)} bundles in {where} checked by {source()}")

    return Report(data, show, ok=not problems, problems=problems)
