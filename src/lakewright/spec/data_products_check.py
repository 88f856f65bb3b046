"""What is wrong between data products, units and files, each mistake with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lakewright.errors import SpecError
from lakewright.spec.data_products import DataProduct, ProductTarget
from lakewright.spec.document import Value
from lakewright.spec.language import Platform
from lakewright.spec.layers import did_you_mean
from lakewright.spec.units import Landscape


def targets_of(product: DataProduct, platform: Platform) -> dict[str, ProductTarget]:
    """Where a product is deployed: its unit's workspaces with what is said about them, else what is said alone.

    Each has its mode and, of a unit, its catalog."""
    unit = platform.units.get(product.unit or "")
    names = (*unit.workspaces, *product.targets) if unit else (*product.targets,)
    found: dict[str, ProductTarget] = {}
    for name in dict.fromkeys(names):
        target = product.targets.get(name, ProductTarget())
        kind = platform.landscape.workspaces.get(name) if unit else None
        mode = target.mode or ("production" if kind and kind.after else "development")
        catalog = target.catalog or (f"{product.unit}-{name}".replace("-", "_") if unit else None)
        found[name] = target.model_copy(update={"mode": mode, "catalog": catalog})
    return found


def found_in(roots: Sequence[Path], path: str) -> Path:
    """The first of the folders' own; where none has it, the first's."""
    return next((root / path for root in roots if (root / path).exists()), roots[0] / path)


def data_product_mistakes(roots: Sequence[Path], platform: Platform, tree: Value) -> Iterator[SpecError]:
    """Everything that the types alone do not say. Codes LW130 to LW133, LW113 for folders that are not there."""
    for name, product in platform.data_products.items():
        at = ("data_products", name)
        if product.models is None and product.dbt is None:
            hint = f"models: products/{name}, or dbt: {{project: products/{name}}}"
            yield _mistake("LW131", f"{name} has neither models nor a dbt project", hint, tree, at)
        yield from _folders(roots, name, product, tree)
        yield from _unit(name, product, platform, tree)
        yield from _targets(name, product, platform, tree)


def _folders(roots: Sequence[Path], name: str, product: DataProduct, tree: Value) -> Iterator[SpecError]:
    at = ("data_products", name)
    if product.models is not None:
        yield from _folder(roots, product.models, tree, (*at, "models"))
    if product.sample is not None and not found_in(roots, product.sample).is_file():
        hint = "SQL that makes the tables that it reads"
        yield _mistake("LW113", f"no file {product.sample}", hint, tree, (*at, "sample"))
    if product.dbt is not None:
        wrong = [*_folder(roots, product.dbt.project, tree, (*at, "dbt", "project"))]
        yield from wrong
        if not wrong and not (found_in(roots, product.dbt.project) / "dbt_project.yml").is_file():
            fact = f"{product.dbt.project} is no dbt project: there is no dbt_project.yml in it"
            yield _mistake("LW113", fact, "`dbt init` makes one", tree, (*at, "dbt", "project"))


def _folder(roots: Sequence[Path], path: str, tree: Value, at: tuple[str, ...]) -> Iterator[SpecError]:
    if path.startswith("/") or ".." in Path(path).parts:
        yield _mistake("LW112", f"`{path}` leaves the project", "name a folder in this one", tree, at)
    elif not found_in(roots, path).is_dir():
        yield _mistake("LW113", f"no folder {path}", f"mkdir -p {path}", tree, at)


def _unit(name: str, product: DataProduct, platform: Platform, tree: Value) -> Iterator[SpecError]:
    at = ("data_products", name)
    unit = platform.units.get(product.unit or "")
    if product.unit is None and platform.units:
        hint = f"unit: {next(iter(platform.units))}"
        yield _mistake("LW130", f"{name} belongs to no unit", hint, tree, at)
    if product.unit is not None and unit is None:
        fact = f'{name}: no unit "{product.unit}"'
        yield _unknown(fact, product.unit, platform.units, tree, (*at, "unit"))
    for target in product.targets if unit else ():
        if unit and target not in unit.workspaces:
            fact = f'{name}: {product.unit} has no workspace "{target}"'
            yield _unknown(fact, target, unit.workspaces, tree, (*at, "targets", target))


def _targets(name: str, product: DataProduct, platform: Platform, tree: Value) -> Iterator[SpecError]:
    at = ("data_products", name)
    targets = targets_of(product, platform)
    is_alone = product.unit is None and not platform.units
    if not targets and is_alone:
        hint = "targets: {lab: {catalog: main}, field: {mode: production, catalog: main}}"
        yield _mistake("LW132", f"{name} is deployed nowhere: it has no targets", hint, tree, at)
    for target, said in targets.items():
        if said.catalog is None and is_alone:
            fact = f"{name}: target {target} has no catalog"
            yield _mistake("LW132", fact, "catalog: main", tree, (*at, "targets", target))
        if said.mode == "production" and product.run_as is None:
            fact = f"{name}: {target} is for production, and would run as whoever deploys it"
            yield _mistake("LW133", fact, "run_as: the name of a service principal", tree, at)
        if product.unit in platform.units:
            yield from _schemas(name, target, said, platform.landscape, tree)


def _schemas(name: str, target: str, said: ProductTarget, landscape: Landscape, tree: Value) -> Iterator[SpecError]:
    for layer, schema in said.schemas.items():
        if schema not in landscape.schemas:
            fact = f'{name}: the catalogs of units have no schema "{schema}"'
            at = ("data_products", name, "targets", target, "schemas", layer)
            yield _unknown(fact, schema, landscape.schemas, tree, at)


def _unknown(fact: str, word: str, known: Iterable[str], tree: Value, at: tuple[str, ...]) -> SpecError:
    names = [*known]
    hint = did_you_mean(word, names, f"there are {', '.join(names)}" if names else "none is declared")
    return _mistake("LW130", fact, hint, tree, at)


def _mistake(code: str, fact: str, hint: str, tree: Value, at: tuple[str, ...]) -> SpecError:
    return SpecError(code, fact, place=str(tree.nearest(at)), hint=hint)


def owner_of(product: DataProduct, platform: Platform) -> str:
    """Who answers for a product."""
    unit = platform.units.get(product.unit or "")
    return product.owner or (unit.owner if unit else "") or platform.owner or platform.platform


__all__ = ["data_product_mistakes", "owner_of", "targets_of"]
