"""Puts compiled bundles on disk, as stacks are put there: whole, and nothing that a person made or changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lakewright.errors import Mistakes, SpecError
from lakewright.infra.bundles.compile import Bundle
from lakewright.infra.write import MANIFEST, Part, Written
from lakewright.spec import Project

FOLDER = "bundles"


def written(bundles: Iterable[Bundle], folder: Path, *, force: bool = False) -> Written:
    """Writes each into `folder/PRODUCT` (`bundles/ENV`). Raises Mistakes LW1309, having written nothing, if a person
    changed one of our files or has one of their own in the way; `force` overwrites those."""
    parts = _parts(bundles, folder)
    edited = [path for part in parts for path in part.edited()]
    if edited and not force:
        hint = "move what you changed into platform.yaml or a file of your own, or --force to overwrite"
        raise Mistakes(
            SpecError("LW1309", "changed by hand since it was compiled", place=str(path), hint=hint) for path in edited
        )
    for part in parts:
        part.write()
    return _told(parts, folder)


def compared(bundles: Iterable[Bundle], folder: Path) -> Written:
    """What `written` would do, edits overwritten; nothing is written."""
    return _told(_parts(bundles, folder), folder)


def _parts(bundles: Iterable[Bundle], folder: Path) -> list[Part]:
    return [Part(folder / one.product, one.files) for one in bundles]


def _told(parts: list[Part], folder: Path) -> Written:
    return Written(
        tuple(part.named(name, folder) for part in parts for name in part.created),
        tuple(part.named(name, folder) for part in parts for name in part.changed),
        tuple(part.named(name, folder) for part in parts for name in part.gone),
        sum(len(part.files) - len(part.changed) - len(part.created) for part in parts),
    )


def files_in(folder: Path) -> dict[str, bytes]:
    """A bundle's YAML files as they are on disk, by their path in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yml"))}


def left_over(project: Project, environment: str) -> list[str]:
    """Bundles that were compiled once, whose products are no longer declared."""
    found = sorted((project.root / FOLDER / environment).glob(f"*/{MANIFEST}"))
    return [path.parent.name for path in found if path.parent.name not in project.platform.data_products]
