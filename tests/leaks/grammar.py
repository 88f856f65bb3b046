"""Statements by chance: joins, subqueries, CTEs, unions, groups, windows over permitted and hidden names.

Each gives the same rows however often it runs: a LIMIT only over a whole order, windows only over keys. Names that the
person cannot see are thrown in now and then; then the oracle fails too.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TypeVar

HIDDEN_NAMES = ("gold.plans", "silver.ledger", "quarantine.orders", "main.orders", "silver.nothing")
HIDDEN_COLUMNS = ("code", "legacy", "email", "ssn", "props", "plan")
TEXTS = ("acme", "globex", "t0", "it''s", "\\n", "%", "k7q", "", "[redacted]", "a;b", "--", "/*", "\u00e9\U0001f512")
Columns = Mapping[str, str]
T = TypeVar("T")


class Writer:
    """One statement after another. `tables`: name → column → canonical type."""

    def __init__(self, tables: Mapping[str, Columns], seed: int) -> None:
        self._tables = tables
        self._random = random.Random(seed)
        self._names = 0

    def statement(self) -> str:
        """A SELECT whose columns have names of their own."""
        self._names = 0
        chance = self._random.random()
        if chance < 0.10:
            return self._union()
        if chance < 0.20:
            return self._with()
        return self._select()[0]

    # queries

    def _select(self, depth: int = 0) -> tuple[str, dict[str, str]]:
        """A query and the types of its columns."""
        source, columns = self._source(depth)
        where = f" WHERE {self._condition(columns, depth)}" if self._chance(0.6) else ""
        if self._chance(0.3):
            return self._grouped(source, columns, where)
        items, kinds = self._items(columns, window=self._chance(0.15), whole=depth == 0 and not where)
        distinct = "DISTINCT " if self._chance(0.1) else ""
        text = f"SELECT {distinct}{', '.join(items)} FROM {source}{where}"
        if self._chance(0.25):
            text += f" ORDER BY ALL LIMIT {self._random.randrange(1, 12)}"
            text += f" OFFSET {self._random.randrange(4)}" if self._chance(0.3) else ""
        return text, kinds

    def _grouped(self, source: str, columns: Columns, where: str) -> tuple[str, dict[str, str]]:
        key, kind = self._any(columns)
        name, count, value = self._fresh(), self._fresh(), self._fresh()
        aggregate, result = self._aggregate(columns)
        text = (
            f"SELECT {key} AS {name}, count(*) AS {count}, {aggregate} AS {value} FROM {source}{where} GROUP BY {key}"
        )
        if self._chance(0.3):
            text += f" HAVING count(*) {self._pick('>', '<', '=')} {self._random.randrange(8)}"
        return text, {name: kind, count: "bigint", value: result}

    def _source(self, depth: int) -> tuple[str, dict[str, str]]:
        chance = self._random.random()
        if depth < 2 and chance < 0.15:
            inner, kinds = self._select(depth + 1)
            alias = self._fresh()
            return f"({inner}) AS {alias}", {f"{alias}.{name}": kind for name, kind in kinds.items()}
        one, columns = self._table()
        if depth > 1 or chance < 0.55:
            return one, columns
        other, more = self._table()
        both = {**columns, **more}
        if chance < 0.62:
            return f"{one} CROSS JOIN {other}", both
        left, kind = self._of(columns, "bigint")
        right, _ = self._of(more, kind)
        word = self._pick("JOIN", "LEFT JOIN", "FULL JOIN", "RIGHT JOIN", "JOIN")
        extra = f" AND {self._simple(more)}" if self._chance(0.2) and word in ("JOIN", "LEFT JOIN") else ""
        return f"{one} {word} {other} ON {left} = {right}{extra}", both

    def _table(self) -> tuple[str, dict[str, str]]:
        name = self._pick(*self._tables)
        columns = self._tables[name]
        alias = self._fresh()
        shown = self._pick(*HIDDEN_NAMES) if self._chance(0.01) else name
        if self._chance(0.2):
            schema, _, table = shown.partition(".")
            shown = f'"{schema}"."{table}"'
        return f"{shown} AS {alias}", {f"{alias}.{column}": kind for column, kind in columns.items()}

    def _union(self) -> str:
        word = self._pick("UNION ALL", "UNION", "EXCEPT", "INTERSECT")
        kind = self._pick("string", "bigint")
        parts = []
        for _ in range(2):
            source, columns = self._table()
            parts.append(f"SELECT {self._of(columns, kind)[0]} AS u FROM {source} WHERE {self._simple(columns)}")
        return f" {word} ".join(parts)

    def _with(self) -> str:
        """Often called as a table is."""
        inner, kinds = self._select(1)
        name = self._pick("orders", "customer", "plans", "w")
        column = self._pick(*kinds)
        source, columns = self._table()
        if self._chance(0.5):
            return f"WITH {name} AS ({inner}) SELECT x.{column} AS v, count(*) AS n FROM {name} AS x GROUP BY 1"
        left = self._of(columns, kinds[column])[0]
        return (
            f"WITH {name} AS ({inner}) SELECT {left} AS v FROM {source} WHERE {left} IN (SELECT {column} FROM {name})"
        )

    # parts

    def _items(self, columns: Columns, *, window: bool, whole: bool) -> tuple[list[str], dict[str, str]]:
        items, kinds = [], {}
        if whole and self._chance(0.1):  # an error that no condition can come before or after
            items.append(f"CAST({self._of(columns, 'string')[0]} AS BIGINT) AS {self._fresh()}")
        for _ in range(self._random.randrange(1, 5)):
            expression, kind = self._expression(columns)
            name = self._fresh()
            items.append(f"{expression} AS {name}")
            kinds[name] = kind
        if window:
            expression, kind = self._window(columns)
            name = self._fresh()
            items.append(f"{expression} AS {name}")
            kinds[name] = kind
        return items, kinds

    def _window(self, columns: Columns) -> tuple[str, str]:
        """Over whole partitions, which no order changes."""
        part = self._any(columns)[0]
        number = self._of(columns, "bigint")[0]
        function = self._pick(f"sum({number})", f"max({number})", "count(*)", f"min({number})")
        return f"{function} OVER (PARTITION BY {part})", "hugeint"

    def _aggregate(self, columns: Columns) -> tuple[str, str]:
        number, text = self._of(columns, "bigint")[0], self._of(columns, "string")[0]
        return self._pick(
            (f"sum({number})", "hugeint"), (f"min({text})", "string"), (f"max({text})", "string"),
            (f"count(DISTINCT {text})", "bigint"), (f"max({number})", "bigint"),
            (f"string_agg({text}, ',' ORDER BY {text})", "string"), (f"bool_or({text} IS NULL)", "boolean"),
            (f"count(*) FILTER (WHERE {self._simple(columns)})", "bigint"),
            (f"list(DISTINCT {number}).len()", "bigint"),
        )  # fmt: skip

    def _expression(self, columns: Columns) -> tuple[str, str]:
        column, kind = self._any(columns)
        if self._chance(0.5):
            return column, kind
        text, number = self._of(columns, "string")[0], self._of(columns, "bigint")[0]
        return self._pick(
            (f"upper({text})", "string"), (f"length({text})", "bigint"), (f"{number} + 1", "bigint"),
            (f"{number} % 7", "bigint"), (f"coalesce({text}, 'none')", "string"),
            (f"{text} || '-' || {text}", "string"),
            (f"CASE WHEN {self._simple(columns)} THEN {number} END", "bigint"),
            (f"TRY_CAST({text} AS BIGINT)", "bigint"),
            (f"substr({text}, 2, 3)", "string"), (f"({column} IS NULL)", "boolean"), (f"md5({text})", "string"),
            (f"regexp_replace({text}, '[0-9]', '#', 'g')", "string"), (f"CAST({column} AS VARCHAR)", "string"),
            (f"(SELECT count(*) FROM {self._pick(*self._tables)})", "bigint")
        )  # fmt: skip

    def _condition(self, columns: Columns, depth: int) -> str:
        chance = self._random.random()
        if chance < 0.2:
            word = self._pick("AND", "OR")
            return f"({self._simple(columns)} {word} {self._simple(columns)})"
        if chance < 0.3:
            return f"NOT ({self._simple(columns)})"
        if chance < 0.4 and depth < 2:
            source, inner = self._table()
            kind = self._pick("bigint", "string")
            left, right = self._of(columns, kind)[0], self._of(inner, kind)[0]
            if self._chance(0.5):
                return f"EXISTS (SELECT 1 FROM {source} WHERE {right} = {left} AND {self._simple(inner)})"
            word = self._pick("IN", "NOT IN")
            return f"{left} {word} (SELECT {right} FROM {source} WHERE {right} IS NOT NULL)"
        return self._simple(columns)

    def _simple(self, columns: Columns) -> str:
        column, kind = self._any(columns)
        if self._chance(0.15):
            return f"{column} IS {self._pick('', 'NOT ')}NULL"
        if kind == "string":
            value = f"'{self._pick(*TEXTS)}'"
            return self._pick(
                f"{column} {self._operator()} {value}", f"{column} LIKE {value} || '%'",
                f"{column} IN ({value}, 'acme')", f"contains({column}, {value})",
            )  # fmt: skip
        if kind in ("bigint", "hugeint"):
            value = str(self._random.choice((0, 1, 3, 10, 24, -1, 917_000_100_000, 2**40)))
            return self._pick(
                f"{column} {self._operator()} {value}",
                f"{column} BETWEEN 2 AND {value}",
                f"{column} IN (1, 2, {value})",
            )
        if kind == "date":
            return f"{column} {self._operator()} DATE '2026-01-0{self._random.randrange(1, 9)}'"
        if kind == "boolean":
            return self._pick(column, f"NOT {column}", f"{column} = false", f"{column} IS NOT TRUE")
        if kind == "timestamp":
            return f"{column} {self._operator()} TIMESTAMPTZ '2026-01-0{self._random.randrange(1, 9)} 00:00:00+00'"
        if kind.startswith("decimal"):
            return f"{column} {self._operator()} {self._random.randrange(0, 250)}.25"
        return f"{column} IS NOT NULL"

    def _any(self, columns: Columns) -> tuple[str, str]:
        """A column that can be compared and grouped; rarely one that is hidden."""
        if self._chance(0.004):
            return self._pick(*HIDDEN_COLUMNS), "string"
        plain = [name for name, kind in columns.items() if not kind.startswith(("struct", "map"))]
        name = self._pick(*plain)
        return name, columns[name]

    def _of(self, columns: Columns, kind: str) -> tuple[str, str]:
        found = [name for name, one in columns.items() if one == kind]
        if found:
            return self._pick(*found), kind
        name = self._any(columns)[0]
        cast = "TRY_CAST({} AS VARCHAR)" if kind == "string" else "TRY_CAST(CAST({} AS VARCHAR) AS BIGINT)"
        return cast.format(name), kind if kind in ("string", "bigint") else "bigint"

    def _operator(self) -> str:
        return self._pick("=", "<>", "<", "<=", ">", ">=")

    def _pick(self, *choices: T) -> T:
        return self._random.choice(choices)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _fresh(self) -> str:
        self._names += 1
        return f"c{self._names}"
