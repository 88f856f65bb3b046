"""Random numbers and mangled texts, through a real Spark and through DuckDB: beyond what the vectors thought of."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.models.test_vectors import spark as _spark
from tests.support.spark_oracle import Rows, Spark, on_duckdb

pytestmark = [pytest.mark.slow, pytest.mark.java]
TYPES = {
    "k": "int", "a": "decimal(12,2)", "b": "decimal(8,3)", "c": "decimal(22,2)", "d": "int", "e": "decimal(38,18)",
    "l": "bigint", "g": "int", "s": "string",
}  # fmt: skip
TIME_ONLY = re.compile(r"\s*(T|[0-9]{1,2}:)")  # Spark puts today's date before it: no model can mean that
SHAPES = ("2024-01-31", "1999-12-1", "2024-02-29 10:11:12.345", "3.14", "-7", "1e5", "TRUE", "12,5", " 42 ", '{"a": 1}')
QUERIES = {
    "numbers": """
      select k, a / nullif(b, 0) as r1, b / nullif(a, 0) as r2, c / nullif(d, 0) as r3, c / nullif(c - 1, 0) as r4,
        a / nullif(d, 0) as r5, a * b as r6, c / nullif(a, 0) as r7, c / 7 as r8, a % nullif(b, 0) as r9,
        round(a / nullif(d, 0), 2) as r10, l / nullif(a, 0) as r11, d / nullif(b, 0) as r12, a / nullif(l, 0) as r13,
        cast(e as double) as r14, cast(c as double) as r15 from t""",
    "groups": """
      select g, avg(a) as r1, avg(b) as r2, sum(c) as r3, avg(c) as r4, sum(a) / nullif(sum(b), 0) as r5,
        sum(a) / nullif(count(*), 0) as r6, avg(d) as r7 from t group by g""",
    "texts": """
      select k, try_cast(s as int) as r1, try_cast(s as decimal(10,2)) as r2, try_cast(s as double) as r3,
        if(try_cast(s as date) between date '1000-01-01' and date '9999-12-31', try_cast(s as date), null) as r4,
        year(try_cast(s as timestamp)) as r5, minute(try_cast(s as timestamp)) as r6,
        try_cast(s as boolean) as r7, get_json_object(s, '$.a') as r8, try_cast(s as bigint) as r9 from t""",
}
spark = _spark


def _decimal(dice: random.Random, precision: int, scale: int) -> Decimal:
    top = 10 ** dice.randint(1, precision) - 1
    return Decimal(dice.randint(-top, top)).scaleb(-scale)


def _mangled(dice: random.Random) -> Iterator[str]:
    while True:
        text = list(dice.choice(SHAPES))
        for _ in range(dice.randint(0, 3)):
            at = dice.randrange(len(text))
            if dice.random() < 0.4 and len(text) > 1:
                text.pop(at)
            else:
                text.insert(at, dice.choice('0123456789-+:. TZzeE/,{}"[]\t'))
        if not TIME_ONLY.match("".join(text)):
            yield "".join(text)


def _rows(seed: int) -> Rows:
    dice = random.Random(seed)
    texts = _mangled(dice)
    rows = [
        {
            "k": number, "a": _decimal(dice, 12, 2), "b": _decimal(dice, 8, 3), "c": _decimal(dice, 22, 2),
            "d": dice.choice([0, 1, 2, 3, 6, 7, dice.randint(-(10**9), 10**9)]), "e": _decimal(dice, 30, 18),
            "l": dice.randint(-(10**17), 10**17), "g": number % 37, "s": next(texts),
        }
        for number in range(1000)
    ]  # fmt: skip
    return Rows(TYPES, rows)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", QUERIES)
def test_random_values_give_the_same(name: str, seed: int, spark: Spark) -> None:
    tables = {"t": _rows(seed)}
    ours = on_duckdb(QUERIES[name], tables)
    for ansi in (False, True):
        theirs = spark.ask(QUERIES[name], tables, ansi=ansi)
        assert ours.columns == theirs.columns
        assert [pair for pair in zip(ours.rows, theirs.rows, strict=True) if pair[0] != pair[1]] == []
