"""Statements by chance against an oracle that filters in plain Python: the same rows, and nothing hidden.

One process serves one query. Every sixth statement runs as a query of its own, and all that fail; the others run in
twelves, each as one branch of a UNION ALL, every row of it as text behind the statement's number.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import pytest

from lakewright.errors import LakewrightError
from lakewright.models import dialect
from lakewright.query.governed import NEWEST, Query

from .canaries import found_in
from .grammar import Writer
from .oracle import Oracle, multiset
from .people import hidden_from
from .tally import Note, total
from .world import LIMITS, World, error_bytes

pytestmark = pytest.mark.slow
STATEMENTS = int(os.environ.get("LAKEWRIGHT_LEAKS_STATEMENTS", "10200"))
SEED = int(os.environ.get("LAKEWRIGHT_LEAKS_SEED", "20261121"))
TOGETHER, ALONE = 12, 6
"""Statements in one query; and how many of which one runs alone."""
FUZZERS = ("root", "eng", "ana", "ten", "mia", "uma")


@dataclass(frozen=True)
class Case:
    """A statement with what the oracle says: rows as text, or None when it fails."""

    sql: str
    expected: list[str] | None


@dataclass
class Run:
    """One person's fuzzing."""

    world: World
    who: str
    oracle: Oracle

    def case(self, sql: str) -> Case:
        try:
            return Case(sql, multiset(self.oracle.rows(sql)))
        except duckdb.Error:
            return Case(sql, None)

    def wrong(self, cases: Sequence[Case]) -> list[str]:
        """What is wrong with the answers to these, asked in one query if there are several."""
        if len(cases) == 1:
            return self._one(cases[0])
        text = " UNION ALL ".join(_branch(number, case.sql) for number, case in enumerate(cases))
        try:
            rows = self._asked(text)
        except LakewrightError:
            return [fact for case in cases for fact in self._one(case)]
        expected = self.oracle.rows(text)
        if multiset(rows) == multiset(expected):
            return self._hidden(repr(rows).encode(), text)
        return [fact for case in cases for fact in self._one(case)] or [f"only together: {text}"]

    def _one(self, case: Case) -> list[str]:
        try:
            rows = self._asked(case.sql)
        except LakewrightError as error:
            facts = self._hidden(error_bytes(error), case.sql)
            return facts + ([f"fails: {error}: {case.sql}"] if case.expected is not None else [])
        facts = self._hidden(repr(rows).encode(), case.sql)
        if case.expected is None:
            return [*facts, f"does not fail: {case.sql}"]
        return facts + ([f"other rows: {case.sql}"] if multiset(rows) != case.expected else [])

    def _asked(self, sql: str) -> list[dict[str, object]]:
        tables = {name: NEWEST for name in self.oracle.columns if name in sql.replace('"', "")}
        query = Query("fuzz", self.world.people[self.who], sql, tables, lambda _: sql, LIMITS, prelude=dialect.MACROS)
        with self.world.governor.run(query) as answer:
            found: list[dict[str, object]] = answer.table().to_pylist()
        return found

    def _hidden(self, told: bytes, sql: str) -> list[str]:
        markers = (found_in(told) & hidden_from(self.who, self.world.made.book)) - found_in(sql.encode())
        return [f"markers {sorted(markers)[:5]}: {sql}"] if markers else []


def _branch(number: int, sql: str) -> str:
    return f"SELECT {number} AS n, CAST(x AS VARCHAR) AS r FROM ({sql}) AS x"


def groups(cases: Sequence[Case]) -> Iterator[list[Case]]:
    """Some alone, all that fail alone, the others in twelves."""
    waiting: list[Case] = []
    for number, case in enumerate(cases):
        if case.expected is None or number % ALONE == 0:
            yield [case]
            continue
        waiting.append(case)
        if len(waiting) == TOGETHER:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


@pytest.mark.parametrize("who", FUZZERS)
def test_generated_statements(world: World, who: str, record_property: Note) -> None:
    oracle = Oracle(world, world.people[who])
    run = Run(world, who, oracle)
    writer = Writer(oracle.columns, SEED + FUZZERS.index(who))
    texts = [writer.statement() for _ in range(STATEMENTS // len(FUZZERS))]
    cases = [run.case(text) for text in texts]
    together = list(groups(cases))
    with ThreadPoolExecutor(4) as pool:
        wrong = [fact for facts in pool.map(run.wrong, together) for fact in facts]
    oracle.close()
    total(record_property, "generated statements", len(cases))
    total(record_property, "generated statements that fail, as the oracle's do", sum(c.expected is None for c in cases))
    total(record_property, "queries (processes) that ran them", len(together))
    assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong[:20])
    assert sum(bool(case.expected) for case in cases) > len(cases) // 3, "statements must give rows"
