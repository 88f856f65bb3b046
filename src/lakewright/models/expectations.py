"""The checks of a header: each `expect` is a condition over the output columns that the header declares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.models.dialect import output_types

if TYPE_CHECKING:
    from lakewright.models.header import Header, ModelText

OUTPUT = "_output"


def check_mistakes(parts: ModelText, header: Header, path: Path) -> list[LakewrightError]:
    """What is wrong in the checks' conditions, by the check's name and with its line."""
    schema = {name: column.type for name, column in header.columns.items()}
    found: list[LakewrightError] = []
    for at, check in enumerate(header.checks if schema else ()):
        line = parts.line_of("checks", at, "expect")
        try:
            output_types(expectation_sql(tuple(schema), (check.expect,)), {OUTPUT: schema}, place=(path, line))
        except Mistakes as wrong:
            found += [_of_check(check.name, mistake, path, line, tuple(schema)) for mistake in wrong.mistakes]
        except SpecError as wrong:
            found.append(_of_check(check.name, wrong, path, line, tuple(schema)))
    return found


def expectation_sql(columns: tuple[str, ...], expectations: tuple[str, ...]) -> str:
    """A SELECT of the rows in `_output` with one boolean column per check. NULL counts as failed."""
    names = ", ".join(f"`{column}`" for column in columns)
    passed = "".join(
        f", coalesce(CAST(({expect}) AS boolean), false) AS `_check_{at}`" for at, expect in enumerate(expectations)
    )
    return f"SELECT {names}{passed} FROM {OUTPUT}"


def _of_check(name: str, wrong: LakewrightError, path: Path, line: int, columns: tuple[str, ...]) -> SpecError:
    hint = wrong.hint.replace(f"tables here: {OUTPUT}", f"the columns are {', '.join(columns)}")
    return SpecError(wrong.code, f"check {name}: {wrong.fact}", place=f"{path}:{line}", hint=hint)
