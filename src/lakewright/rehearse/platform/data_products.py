"""Data products in a rehearsal: bundles compiled and checked, deployed to the workspaces that were applied, and run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from lakewright.errors import LakewrightError
from lakewright.infra.bundles.compile import Bundle, compile_bundles
from lakewright.infra.bundles.schema import check_bundle, source
from lakewright.infra.bundles.write import written
from lakewright.rehearse.databricks.account.parts import WORKSPACE
from lakewright.rehearse.databricks.asking import Asking
from lakewright.rehearse.databricks.bundles import Ran, deploy, run
from lakewright.rehearse.databricks.local import LocalDatabricks
from lakewright.rehearse.databricks.sql.words import split
from lakewright.rehearse.databricks.world import ACCOUNT
from lakewright.rehearse.platform.evidence import Tried
from lakewright.rehearse.platform.stage import Stage
from lakewright.spec.data_products import DataProduct, ProductTarget
from lakewright.spec.data_products_check import targets_of


def data_products(stage: Stage) -> Iterator[Tried]:
    """Every declared product in every workspace that it is for; nothing where none is declared."""
    if not stage.project.platform.data_products or stage.databricks is None:
        return
    try:
        bundles = compile_bundles(stage.project, stage.options.environment)
    except LakewrightError as error:
        yield Tried("data products become bundles", False, str(error))
        return
    wrong = [str(one) for bundle in bundles for one in check_bundle(bundle.files, bundle.product)]
    yield Tried("data products become bundles", not wrong, "; ".join(wrong) or f"{len(bundles)}, valid by {source()}")
    with TemporaryDirectory(prefix="lakewright-bundles-") as folder:
        written(bundles, Path(folder))
        for bundle in bundles:
            yield from _everywhere(Trial(stage, stage.databricks, Path(folder) / bundle.product), bundle)


@dataclass(frozen=True)
class Trial:
    """A product's bundle on disk, and where it goes."""

    stage: Stage
    databricks: LocalDatabricks
    folder: Path

    def asking(self, product: DataProduct, target: str) -> Asking:
        """The administrator in the workspace of a unit, or in the only one."""
        found = self.databricks.world.objects.all(WORKSPACE, ACCOUNT)
        if product.unit is not None:
            name = replace(self.stage.compiled.place, whose=(product.unit, target)).name(most=100)
            found = [one for one in found if one["workspace_name"] == name]
        return Asking(self.databricks, int(found[0]["workspace_id"]), self.databricks.client_id)

    def sample(self, product: DataProduct, target: ProductTarget, asking: Asking) -> None:
        """Makes the product's sample input in the target's catalog."""
        if product.sample is None:
            return
        text = self.stage.project.folder(product.sample).read_text(encoding="utf-8")
        for layer in ("landing", "bronze", "silver", "gold", *target.schemas):
            text = text.replace(f"{{{layer}}}", f"{target.catalog}.{target.schemas.get(layer, layer)}")
        for statement in split(text):
            asking.rows(statement)


def _everywhere(trial: Trial, bundle: Bundle) -> Iterator[Tried]:
    platform = trial.stage.project.platform
    product = platform.data_products[bundle.product]
    for name, target in targets_of(product, platform).items():
        what = f"{bundle.product} runs in {name}"
        try:
            asking = trial.asking(product, name)
            trial.sample(product, target, asking)
            deployed = deploy(trial.folder, name, asking.call)
            for job in deployed.jobs.values():
                ran = run(job, asking.call)
                yield Tried(what, _is_well(ran), _said(ran))
        except LakewrightError as error:
            yield Tried(what, False, str(error))


def _is_well(ran: Ran) -> bool:
    """A dbt task is left out on a machine without dbt, and says so."""
    return ran.ok or (
        all(result == "SUCCESS" for task, result in ran.tasks.items() if task != "dbt")
        and (ran.tasks.get("dbt") == "SKIPPED")
    )


def _said(ran: Ran) -> str:
    """Rows of each model; what went wrong; of dbt its last words."""
    return "; ".join(_of_task(task, result, ran.said[task]) for task, result in ran.tasks.items())


def _of_task(task: str, result: str, said: str) -> str:
    if result == "SUCCESS" and task == "models":
        events = [json.loads(line) for line in said.splitlines()]
        return ", ".join(_rows(one) for one in events if one["event"] == "model.end")
    last = said.strip().splitlines()[-1] if said.strip() else ""
    return f"{task} {result}: {last}"


def _rows(event: Mapping[str, object]) -> str:
    aside = f", {event['rejected']} put aside" if event["rejected"] else ""
    return f"{event['model']} {event['rows']} rows{aside}"
