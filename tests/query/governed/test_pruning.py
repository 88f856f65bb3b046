"""Files that the reader need not open: never one that holds a row which fits."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from lakewright.governance.predicate import And, Compare, In, IsNull, Never, Not, Or, Predicate
from lakewright.query.governed.pruning import files_that_may_fit
from lakewright.tables import DataFile
from lakewright.tables.parquet import partition_text

COLUMNS = {"tenant": "string", "month": "int", "day": "date", "amount": "bigint", "ratio": "double"}
START = date(2026, 1, 1)


def _row(chance: random.Random, tenant: str | None, month: int | None) -> dict[str, Any]:
    def some(value: object) -> object:
        return None if chance.random() < 0.2 else value

    day, amount = START + timedelta(days=chance.randrange(6)), chance.randrange(-3, 4)
    return {"tenant": tenant, "month": month, "day": some(day), "amount": some(amount), "ratio": some(amount / 2)}


def _file(chance: random.Random, number: int) -> tuple[DataFile, list[dict[str, Any]]]:
    tenant, month = chance.choice(["a", "b", "é", None]), chance.choice([1, 2, 10, None])
    held = [_row(chance, tenant, month) for _ in range(chance.randrange(1, 4))]
    lows, highs = {}, {}
    for column in ("day", "amount", "ratio"):
        values = [row[column] for row in held if row[column] is not None]
        if values and chance.random() < 0.8:
            lows[column], highs[column] = min(values), max(values)
    partition = {"tenant": partition_text(tenant), "month": partition_text(month)}
    return DataFile(str(number), 1, len(held), partition, lows, highs), held


def _condition(chance: random.Random, depth: int = 0) -> Predicate:
    constants: dict[str, list[Any]] = {
        "tenant": ["a", "b", "c", "é"], "month": [1, 2, 3, 10], "amount": list(range(-4, 5)), "ratio": [1, -1],
        "day": [START + timedelta(days=number) for number in range(-1, 7)],
    }  # fmt: skip
    column = chance.choice(list(constants))
    values = constants[column]
    made = chance.randrange(8 if depth < 3 else 4)
    if made > 3:
        inner = (_condition(chance, depth + 1), _condition(chance, depth + 1))
        return And(inner) if made < 6 else Or(inner) if made < 7 else Not(inner[0])
    if made == 0:
        return In(column, tuple(chance.sample(values, 2)))
    if made == 1 and chance.random() < 0.3:
        return chance.choice([IsNull(column), Never()])
    return Compare(column, chance.choice(["=", "<>", "<", "<=", ">", ">="]), chance.choice(values))


@pytest.mark.parametrize("seed", range(8))
def test_no_file_with_a_wanted_row_is_left_out(seed: int) -> None:
    chance = random.Random(seed)
    held = dict(enumerate(_file(chance, number) for number in range(40)))
    spared = 0
    for _ in range(400):
        condition = _condition(chance)
        wanted = {file.path for file, rows in held.values() if any(condition.holds(row) for row in rows)}
        kept = {file.path for file in files_that_may_fit([file for file, _ in held.values()], condition, COLUMNS)}
        assert wanted <= kept, condition
        spared += len(held) - len(kept)
    assert spared > 1000


def test_a_tenants_query_opens_its_files_only() -> None:
    files = [DataFile(f"{t}/{m}", 1, 1, {"tenant": t, "month": str(m)}) for t in "abc" for m in range(1, 13)]
    condition = And((In("tenant", ("a", "b")), Compare("month", ">", 9)))
    kept = [file.path for file in files_that_may_fit(files, condition, COLUMNS)]
    assert kept == ["a/10", "a/11", "a/12", "b/10", "b/11", "b/12"]


def test_values_that_are_no_numbers_stay() -> None:
    odd = DataFile("odd", 1, 1, {"month": "March"})
    assert files_that_may_fit([odd], Compare("month", "=", 3), COLUMNS) == [odd]
