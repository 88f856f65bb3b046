"""Every value of a spec with where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from lakewright.spec.document import Value
from lakewright.spec.project import Project
from lakewright.spec.values import Secret


@dataclass(frozen=True)
class Resolved:
    """One value: `origin` is `file:line` (a blueprint's too), `default`, or that it is read from the environment."""

    key: str
    value: Any
    text: str
    origin: str


def resolve(project: Project) -> list[Resolved]:
    """All values, in the order of the language. Secrets show their variable's name only."""
    found = list(_values(project.platform, project.tree, ()))
    lake = _origin(project.tree, ("environments", project.env, "lake"))
    here = f"environments.{project.env}.lake"
    found = [value for value in found if value.key != here]
    found.append(Resolved(here, project.lake_uri, project.lake_uri, lake))
    return found


def _values(value: Any, tree: Value, path: tuple[str | int, ...]) -> Iterator[Resolved]:
    match value:
        case BaseModel():
            for key, field in type(value).model_fields.items():
                yield from _values(getattr(value, key), tree, (*path, field.alias or key))
        case Mapping():
            for key, item in value.items():
                yield from _values(item, tree, (*path, key))
        case None:
            return
        case Secret():
            key = ".".join(str(step) for step in path)
            yield Resolved(key, str(value), str(value), _secret_origin(value, tree, path))
        case (BaseModel(), *_):
            for number, item in enumerate(value):
                yield from _values(item, tree, (*path, number))
        case tuple():
            items = list(value)
            text = "[" + ", ".join(map(str, items)) + "]"
            yield Resolved(".".join(str(step) for step in path), items, text, _origin(tree, path))
        case _:
            text = " ".join(str(value).split())
            yield Resolved(".".join(str(step) for step in path), value, text, _origin(tree, path))


def _origin(tree: Value, path: tuple[str | int, ...]) -> str:
    found = tree.find(path)
    return "default" if found is None else str(found.place)


def _secret_origin(secret: Secret, tree: Value, path: tuple[str | int, ...]) -> str:
    place = _origin(tree, path)
    return f"environment, named in {place}" if secret.variables else place
