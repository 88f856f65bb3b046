"""The book of the units' workspaces and subnets, as the commands read and write it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakewright.errors import SpecError

if TYPE_CHECKING:
    from lakewright.components.landscape import Book
    from lakewright.spec import Project


def book_of(project: Project) -> Book:
    """Raises SpecError LW1337 for what is no book."""
    from lakewright.components.landscape import BOOK, Book, read_book

    path = project.root / BOOK
    return read_book(path.read_text(encoding="utf-8"), BOOK) if path.is_file() else Book()


def write_book(project: Project, book: Book) -> None:
    """All of it or nothing."""
    from lakewright.infra.write import put_file

    put_file(project.root / book.file, book.text().encode())


def workspaces_of(project: Project, book: Book, unit: str, kinds: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of a unit's workspaces, declared or in the book; of these kinds only. Raises SpecError LW1374 for none."""
    from lakewright.spec.layers import did_you_mean

    declared = project.platform.units
    if unit not in declared and not book.of_unit(unit):
        known = {*declared, *(binding["unit"] for binding in book.workspaces.values())}
        hint = did_you_mean(unit, known, f"there are {', '.join(sorted(known))}" if known else "none is declared")
        raise SpecError("LW1374", f'no unit "{unit}"', place=project.place("units"), hint=hint)
    every = {*declared_workspaces(project, unit), *book.of_unit(unit)}
    wanted = {f"{unit}-{kind}" for kind in kinds}
    if lacking := sorted(wanted - every):
        hint = f"it has {', '.join(sorted(every))}"
        raise SpecError(
            "LW1374", f"{unit} has no workspace {lacking[0]}", place=project.place("units", unit), hint=hint
        )
    return tuple(sorted(wanted or every))


def declared_workspaces(project: Project, unit: str) -> tuple[str, ...]:
    """By what the spec says now."""
    found = project.platform.units.get(unit)
    return tuple(f"{unit}-{kind}" for kind in found.workspaces) if found else ()
