"""From a folder to a validated platform: every mistake of all files, at once, each with its file and line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.spec.access_check import access_mistakes
from lakewright.spec.data_products_check import data_product_mistakes, found_in
from lakewright.spec.document import Value
from lakewright.spec.explain import explained
from lakewright.spec.language import Environment, Platform
from lakewright.spec.layers import FILE, did_you_mean, on_defaults, read_blueprint, read_main, read_parts
from lakewright.spec.turns_check import turn_mistakes
from lakewright.spec.units_check import units_mistakes


@dataclass(frozen=True, eq=False)
class Project:
    """A project folder with its validated platform, seen from one environment; equal to itself alone.

    `lake_uri` is an absolute folder or `s3://…`; `state_dir` holds what belongs to this machine only;
    `model_folders` come in the order in which later ones override; `tree` knows where each value stands.
    """

    root: Path
    platform: Platform
    env: str
    lake_uri: str
    state_dir: Path
    model_folders: tuple[Path, ...]
    tree: Value
    blueprint: Path | None = None
    """The blueprint's folder."""

    @property
    def environment(self) -> Environment:
        return self.platform.environment(self.env)

    def folder(self, path: str) -> Path:
        """A folder or file that the spec names: the project's own, else the blueprint's."""
        return found_in(_roots(self.root, self.blueprint), path)

    def place(self, *path: str | int) -> str:
        """`file:line` of a value of the spec, for messages."""
        return str(self.tree.nearest(path))


def load_project(path: Path, env: str = "local") -> Project:
    """The project in folder `path` (or of the platform.yaml at `path`).

    Raises Mistakes with everything that is wrong in any of its files; SpecError if there is none.
    """
    root = (path.parent if path.name == FILE and not path.is_dir() else path).resolve()
    if not (root / FILE).is_file():
        raise SpecError("LW100", f"no {FILE} in {path}", hint="`lakewright init` makes one; -C names another folder")
    mistakes: list[SpecError] = []
    main = read_main(root, mistakes)
    below, folder = read_blueprint(main, mistakes)
    above = read_parts(root, main, mistakes, below)
    tree = on_defaults(below, above) if below else above
    unreadable = not main.entries() and bool(mistakes)
    platform = None if unreadable else _validate(tree, mistakes)
    mistakes.extend(access_mistakes(tree))
    if platform is not None:
        _check_files(root, tree, platform, mistakes)
        _check_environment(env, tree, platform, mistakes)
        mistakes.extend(units_mistakes(platform.units, platform.landscape, tree))
        mistakes.extend(turn_mistakes(platform, tree))
        beside = Path(str(folder)) if folder is not None else None
        mistakes.extend(data_product_mistakes(_roots(root, beside), platform, tree))
    if mistakes or platform is None:
        raise Mistakes(sorted(mistakes, key=_by_place))
    folders = tuple(root / name for name in platform.models)
    if folder is not None and (models := Path(str(folder.joinpath("models")))).is_dir():
        folders = (models, *folders)
    return Project(
        root=root,
        platform=platform,
        env=env,
        lake_uri=_lake_uri(root, platform.environment(env).lake or "lake"),
        state_dir=root / ".lakewright",
        model_folders=folders,
        tree=tree,
        blueprint=Path(str(folder)) if folder is not None else None,
    )


def _roots(root: Path, blueprint: Path | None) -> tuple[Path, ...]:
    return (root, blueprint) if blueprint is not None else (root,)


def _lake_uri(root: Path, lake: str) -> str:
    if lake.startswith("file://"):
        return lake.removeprefix("file://")
    return lake if "://" in lake else str((root / lake).resolve())


def _by_place(mistake: LakewrightError) -> tuple[str, int]:
    file, _, line = mistake.place.rpartition(":")
    return file, int(line) if line.isdigit() else 0


def _check_files(root: Path, tree: Value, platform: Platform, mistakes: list[SpecError]) -> None:
    for name, source in platform.sources.items():
        mapping = source.postgres.mapping
        if mapping is not None and not (root / mapping).is_file():
            place = str(tree.nearest(("sources", name, "postgres", "mapping")))
            hint = f"`lakewright ingest mappings > {mapping}` writes one from the database"
            mistakes.append(SpecError("LW113", f"no file {mapping}", place=place, hint=hint))
    if tree.find(("models",)) is not None:
        for index, models in enumerate(platform.models):
            if not (root / models).is_dir():
                place = str(tree.nearest(("models", index)))
                mistakes.append(SpecError("LW113", f"no folder {models}", place=place, hint=f"mkdir {models}"))


def _check_environment(env: str, tree: Value, platform: Platform, mistakes: list[SpecError]) -> None:
    if env != "local" and env not in platform.environments:
        place = str(tree.nearest(("environments",)))
        known = ["local", *platform.environments]
        hint = did_you_mean(env, known, "declared: " + ", ".join(dict.fromkeys(known)))
        mistakes.append(SpecError("LW114", f'no environment "{env}"', place=place, hint=hint))
    for name, environment in platform.environments.items():
        lake = environment.lake
        if lake is not None and "://" in lake and not lake.startswith(("s3://", "file://")):
            place = str(tree.nearest(("environments", name, "lake")))
            hint = "lake: a folder, or s3://bucket/prefix"
            mistakes.append(
                SpecError("LW107", f"a lake cannot lie at {lake.split('://')[0]}://", place=place, hint=hint)
            )


def _validate(tree: Value, mistakes: list[SpecError]) -> Platform | None:
    try:
        return Platform.model_validate(tree.plain())
    except ValidationError as error:
        mistakes.extend(explained(error, tree, Platform))
        return None
