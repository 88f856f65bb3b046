"""`lakewright bundle compile`: the bundles of an environment."""

from __future__ import annotations

from dataclasses import asdict

import click

from lakewright.cli.output import Invocation, Report, Screen, verb


@verb("compile", example="lakewright bundle compile live\nlakewright bundle compile live quality --json")
@click.argument("environment", metavar="ENV")
@click.argument("products", metavar="[PRODUCT]...", nargs=-1)
@click.option("--force", is_flag=True, help="Overwrite files of Lakewright's that were changed by hand.")
def command(invocation: Invocation, environment: str, products: tuple[str, ...], force: bool) -> Report:
    """Write the bundles of an environment's data products: bundles/ENV/PRODUCT/, one each, checked before.

    `databricks bundle deploy -t TARGET` in such a folder deploys it. Files of your own beside ours are kept.
    """
    from lakewright.errors import Mistakes
    from lakewright.infra.bundles.compile import compile_bundles
    from lakewright.infra.bundles.schema import check_bundle, source
    from lakewright.infra.bundles.write import FOLDER, left_over, written

    project = invocation.project()
    bundles = compile_bundles(project, environment, products)
    where = f"{FOLDER}/{environment}"
    wrong = [one for bundle in bundles for one in check_bundle(bundle.files, f"{where}/{bundle.product}")]
    if wrong:
        raise Mistakes(wrong)
    done = written(bundles, project.root / FOLDER / environment, force=force)
    gone = left_over(project, environment)
    data = {
        "environment": environment,
        "bundles": [{"product": one.product, "owner": one.owner, "targets": dict(one.targets)} for one in bundles],
        "schema": source(),
        "gone": gone,
        "files": asdict(done),
    }

    def show(screen: Screen) -> None:
        for sign, names in (("+", done.created), ("~", done.changed), ("-", done.deleted)):
            for name in names:
                screen.line(f"{sign} {where}/{name}")
        for one in bundles:
            targets = ", ".join(f"{name} ({mode})" for name, mode in one.targets.items())
            screen.line(f"{one.product}: {targets}; {one.owner}")
        screen.line(f"{len(bundles)} bundles in {where}, valid by {source()}" if bundles else "No data products.")
        for name in gone:
            fact = f"{where}/{name} is no longer declared: `databricks bundle destroy` there removes what it deployed"
            screen.line(f"note  {fact}", style="yellow")

    return Report(data, show)
