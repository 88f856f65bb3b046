"""From a folder to a validated platform: every mistake of all files, at once, each with its file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.spec.access_check import access_mistakes
from lakewright.spec.block import keys_of
from lakewright.spec.document import Value
from lakewright.spec.language import Environment, Platform
from lakewright.spec.layers import FILE, did_you_mean, on_defaults, read_blueprint, read_main, read_parts


@dataclass(frozen=True)
class Project:
    """A project folder with its validated platform, seen from one environment.

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

    @property
    def environment(self) -> Environment:
        return self.platform.environment(self.env)

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
    above = read_parts(root, main, mistakes)
    tree = on_defaults(below, above) if below else above
    unreadable = not main.entries() and bool(mistakes)
    platform = None if unreadable else _validate(tree, mistakes)
    mistakes.extend(access_mistakes(tree))
    if platform is not None:
        _check_files(root, tree, platform, mistakes)
        _check_environment(env, tree, platform, mistakes)
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
    )


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
        found = (_mistake(tree, detail) for detail in error.errors(include_url=False, include_input=False))
        mistakes.extend({str(mistake): mistake for mistake in found}.values())
        return None


def _mistake(tree: Value, detail: ErrorDetails) -> SpecError:
    path, block = _follow(detail["loc"])
    name = ".".join(str(step) for step in path)
    context: Mapping[str, Any] = detail.get("ctx", {})
    place = str(tree.nearest(path))
    kind = detail["type"]
    if kind == "lakewright":
        return SpecError(context["code"], f"{name}: {context['fact']}", place=place, hint=context["hint"])
    if kind == "extra_forbidden":
        known = keys_of(block) if block else ()
        hint = did_you_mean(str(path[-1]), known, "known here: " + ", ".join(known))
        return SpecError("LW104", f"{name}: no such key", place=place, hint=hint)
    if kind == "missing":
        return SpecError("LW106", f"{name} is missing", place=place, hint=_example(block, str(path[-1])))
    if kind == "literal_error":
        return SpecError(
            "LW107", f"{name} must be {context['expected']}", place=place, hint=_nearest(tree, path, context)
        )
    code, fact = _PHRASES.get(kind, ("LW107", detail["msg"][0].lower() + detail["msg"][1:]))
    value = tree.find(path)
    if value is not None and value.content is None:
        return SpecError("LW105", f"{name} has no value", place=place, hint="write one, or remove the key")
    return SpecError(code, f"{name}: {fact.format_map(context)}", place=place, hint=_hint(kind, path, block))


_PHRASES = {
    "string_type": ("LW105", "must be text"),
    "int_type": ("LW105", "must be a whole number"),
    "float_type": ("LW105", "must be a number"),
    "bool_type": ("LW105", "must be true or false"),
    "tuple_type": ("LW105", "must be a list"),
    "dict_type": ("LW105", "must be a mapping of names"),
    "model_type": ("LW105", "must be a mapping of keys"),
    "string_pattern_mismatch": ("LW107", "must look like {pattern}"),
    "greater_than": ("LW107", "must be greater than {gt}"),
    "greater_than_equal": ("LW107", "must be at least {ge}"),
    "less_than_equal": ("LW107", "must be at most {le}"),
}

_HINTS = {"string_type": "put it in quotes", "tuple_type": "write [one, two]"}
_KEY_HINTS = {
    "account": 'account: "111111111111", in quotes',
    "retained_wal_limit": "for example 10GB",
    "infrequent": "days, for example 90d",
    "archive": "days, for example 180d",
    "scan_limit": "for example 1TB",
    "memory": "for example 2GB",
    "timeout": "for example 30m or 90s, at most 24h",
    "history": "days, for example 30d",
    "blueprint": "name@version, for example lakehouse-cdc@1",
    "region": "for example us-east-1",
}


def _hint(kind: str, path: tuple[str | int, ...], block: type[BaseModel] | None) -> str:
    known = _KEY_HINTS.get(str(path[-1])) if path else None
    if known:
        return known
    if kind == "model_type" and block is not None:
        return "keys here: " + ", ".join(keys_of(block))
    return _HINTS.get(kind, "")


def _nearest(tree: Value, path: tuple[str | int, ...], context: Mapping[str, Any]) -> str:
    value = tree.find(path)
    return (
        did_you_mean(str(value.content), context["expected"].replace("'", "").replace(" or ", ", ").split(", "))
        if value
        else ""
    )


def _example(block: type[BaseModel] | None, key: str) -> str:
    if key == "lakewright":
        return "lakewright: 1"
    description = keys_of(block)[key].description if block and key in keys_of(block) else ""
    return f"{key}: {description}" if description else ""


def _follow(loc: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], type[BaseModel] | None]:
    """The path in the file for a pydantic location (which also names unions and `[key]`), and the block it is in."""
    path: list[str | int] = []
    block: type[BaseModel] | None = Platform
    inner: Any = Platform
    for step in loc:
        if step == "[key]":
            continue
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            block = inner
            known = keys_of(inner)
            inner = known[step].annotation if isinstance(step, str) and step in known else None
        elif get_origin(inner) is not None:
            arguments = [item for item in get_args(inner) if item not in (type(None), Ellipsis)]
            inner = arguments[-1] if arguments else None
            if isinstance(step, str) and step not in path and inner is None:
                continue
        else:
            block = None
        path.append(step)
    final = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else block
    return tuple(path), final
