"""From a data product to its bundle's files: pure but for the files that it takes along, the same every time.

Sources: Databricks on AWS, "Declarative Automation Bundles configuration", "… deployment modes", "… run identity".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import yaml

from lakewright.components.wheel import wheel, wheel_name
from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.infra.bundles.job import job
from lakewright.infra.bundles.names import Names, names_of
from lakewright.models import load_models
from lakewright.spec import Project
from lakewright.spec.data_products import DataProduct, ProductTarget
from lakewright.spec.data_products_check import owner_of, targets_of
from lakewright.spec.layers import did_you_mean

MODELS, DBT, WHEELS = "models", "dbt", "wheels"
_DBT_MAKES = frozenset({"target", "logs", "dbt_packages"})
"""What dbt makes by itself, at the top of its project: further down these are names like others."""


@dataclass(frozen=True)
class Bundle:
    """One data product's bundle: files by their path in its folder, and its targets (name → mode)."""

    product: str
    owner: str
    files: Mapping[str, bytes]
    targets: Mapping[str, str]


def compile_bundles(project: Project, environment: str, only: Iterable[str] = ()) -> tuple[Bundle, ...]:
    """The bundles of an environment, or those named. Raises Mistakes: LW1530 to LW1533, and those of their models."""
    products = project.platform.data_products
    wanted = [*only] or [*products]
    mistakes: list[LakewrightError] = []
    for name in wanted:
        if name not in products:
            hint = did_you_mean(name, products, f"there are {', '.join(products)}" if products else "none is declared")
            mistakes.append(SpecError("LW1532", f'no data product "{name}"', hint=hint))
    if mistakes:
        raise Mistakes(mistakes)
    found: list[Bundle] = []
    names = names_of(project, environment) if wanted else None
    for name in wanted:
        assert names is not None  # noqa: S101 there is a product
        try:
            found.append(_bundle(project, names, environment, name))
        except Mistakes as several:
            mistakes += several.mistakes
        except LakewrightError as error:
            mistakes.append(error)
    if mistakes:
        raise Mistakes(mistakes)
    return tuple(found)


def _bundle(project: Project, names: Names, environment: str, name: str) -> Bundle:
    product = project.platform.data_products[name]
    targets = targets_of(product, project.platform)
    owner = owner_of(product, project.platform)
    files: dict[str, bytes] = {}
    if product.models is not None:
        _check_models(project, name, product, targets)
        files |= _folder(project.folder(product.models), MODELS, _of_models)
        files[f"{WHEELS}/{wheel_name()}"] = wheel()
    if product.dbt is not None:
        files |= _folder(project.folder(product.dbt.project), DBT, _of_dbt)
    head = f"# Made by `lakewright bundle compile {environment}` from data_products.{name}. Change it there.\n"
    root = _root(names, name, product, targets)
    one = job(name, product, owner, targets, wheel_name())
    files["databricks.yml"] = (head + _yaml(root)).encode()
    files[f"resources/{name}.job.yml"] = (head + _yaml({"resources": {"jobs": {_key(name): one}}})).encode()
    modes = {target: str(said.mode) for target, said in targets.items()}
    return Bundle(name, owner, dict(sorted(files.items())), modes)


def _check_models(project: Project, name: str, product: DataProduct, targets: Mapping[str, ProductTarget]) -> None:
    """Its models alone: what they read beside each other is `landing.…`, `bronze.…`. Every layer has a schema."""
    models = load_models([project.folder(str(product.models))])
    at = project.place("data_products", name, "models")
    if not models:
        raise SpecError("LW1533", f"{name}: no model in {product.models}", place=at, hint="a .sql file with a header")
    if not project.platform.units:
        return
    for target, said in targets.items():
        for layer in sorted({model.layer for model in models.values()}):
            schema = said.schemas.get(layer, layer)
            if schema not in project.platform.landscape.schemas:
                known = ", ".join(project.platform.landscape.schemas)
                fact = f"{name}: the catalogs of units have no schema {schema} for {layer} in {target}"
                raise SpecError("LW1533", fact, place=at, hint=f"there are {known}; targets.{target}.schemas maps them")


def _of_models(inside: PurePath) -> bool:
    """Every SQL file goes along: it is a model for all that reads models."""
    return inside.suffix == ".sql" or not _is_by_the_way(inside)


def _of_dbt(inside: PurePath) -> bool:
    """Not what dbt makes, nor connections, which Databricks gives (`profiles.yml`; in `models` it describes models)."""
    top = inside.parts[0]
    if top in _DBT_MAKES or (inside.name == "profiles.yml" and top != "models"):
        return False
    return inside == PurePath(".dbtignore") or not _is_by_the_way(inside)


def _is_by_the_way(inside: PurePath) -> bool:
    """Hidden files and folders (secrets in `.env`, `.git`, `.venv`), and what Python makes."""
    return any(part.startswith(".") or part == "__pycache__" for part in inside.parts)


def _folder(folder: Path, within: str, goes_along: Callable[[PurePath], bool]) -> dict[str, bytes]:
    """A folder's files that go along, by their path in it. Raises SpecError LW1533 for links, which would lead out."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not goes_along(inside):
            continue
        if path.is_symlink():
            raise SpecError("LW1533", f"{path.name} is a link", place=str(path), hint="put the file itself there")
        if path.is_file():
            found[f"{within}/{inside.as_posix()}"] = path.read_bytes()
    return found


def _root(names: Names, name: str, product: DataProduct, targets: Mapping[str, ProductTarget]) -> dict[str, Any]:
    default = next((one for one, said in targets.items() if said.mode == "development"), next(iter(targets)))
    return {
        "bundle": {"name": name},
        "include": ["resources/*.yml"],
        "variables": dict(_variables(product, targets)),
        "targets": {one: _target(names, name, product, targets, one, default) for one in targets},
    }


def _variables(product: DataProduct, targets: Mapping[str, ProductTarget]) -> Iterator[tuple[str, dict[str, str]]]:
    yield "catalog", {"description": "Catalog of its tables"}
    if any(said.schemas for said in targets.values()):
        yield "schemas", {"description": "Layers whose schemas have other names: layer=schema"}
        if product.dbt is not None:
            yield "layers", {"description": "The same as variables of the dbt project (JSON)"}
    yield "policy", {"description": "Cluster policy of its clusters"}
    if product.dbt is not None:
        yield "warehouse", {"description": "SQL warehouse on which dbt runs"}
        yield "schema", {"description": "Schema of dbt's models"}
    if any(said.mode == "production" for said in targets.values()):
        yield "run_as", {"description": "Application id of the service principal as which it runs in production"}


def _target(
    names: Names,
    name: str,
    product: DataProduct,
    targets: Mapping[str, ProductTarget],
    target: str,
    default: str,
) -> dict[str, Any]:
    said = targets[target]
    whose = {"unit": product.unit, "workspace": target} if product.unit else {}
    production = said.mode == "production"
    values: dict[str, Any] = {
        "catalog": said.catalog,
        "policy": {"lookup": {"cluster_policy": names.policy(name, whose, product.policy)}},
    }
    if product.dbt is not None:
        values["warehouse"] = {"lookup": {"warehouse": names.warehouse(name, whose, product.warehouse)}}
        values["schema"] = said.schemas.get(product.dbt.layer, product.dbt.layer)
    if production:
        principal = names.service_principal(name, str(product.run_as))
        values["run_as"] = {"lookup": {"service_principal": principal}}
    elif any(other.mode == "production" for other in targets.values()):
        values["run_as"] = ""
    if any(other.schemas for other in targets.values()):
        values["schemas"] = ",".join(f"{layer}={schema}" for layer, schema in sorted(said.schemas.items()))
        if product.dbt is not None:
            values["layers"] = _json(said.schemas)
    found: dict[str, Any] = {"mode": said.mode} | ({"default": True} if target == default else {})
    if said.host:
        found["workspace"] = {"host": said.host}
    if production:
        found |= _production(name, product)
    else:
        found["presets"] = {"trigger_pause_status": "PAUSED"}
    return found | {"variables": values}


def _production(name: str, product: DataProduct) -> dict[str, Any]:
    """It runs as a service principal, which may read its files; its schedule is on; failures are told."""
    principal = "${var.run_as}"
    found: dict[str, Any] = {
        "presets": {"trigger_pause_status": "UNPAUSED"},
        "run_as": {"service_principal_name": principal},
        "permissions": [{"level": "CAN_VIEW", "service_principal_name": principal}],
    }
    if product.alerts:
        told = {"email_notifications": {"on_failure": list(product.alerts)}}
        found["resources"] = {"jobs": {_key(name): told}}
    return found


def _key(name: str) -> str:
    """A resource's key, by which `${resources.jobs.KEY.id}` refers to it."""
    return name.replace("-", "_")


def _json(schemas: Mapping[str, str]) -> str:
    import json

    return json.dumps(dict(sorted(schemas.items())))


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, and nothing is abbreviated by anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _yaml(content: Any) -> str:
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
    return text
