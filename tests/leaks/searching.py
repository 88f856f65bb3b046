"""Runs attempts and says what leaked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .attempts import Attempt
from .canaries import found_in
from .people import hidden_from
from .spelling import places
from .world import Told, World

THREADS = {"raw": 4, "spark": 4, "athena": 16}


@dataclass(frozen=True)
class Leak:
    who: str
    way: str
    attempt: Attempt
    statement: str
    markers: frozenset[int]
    told: bytes

    def __str__(self) -> str:
        shown = ", ".join(map(str, sorted(self.markers)[:5]))
        return f"{self.who} by {self.way}: {self.attempt.group}, {self.attempt.name}: markers {shown}: {self.statement}"


def ask(world: World, way: str, who: str, statement: str) -> Told:
    """One statement by one of the ways."""
    match way:
        case "raw":
            return world.raw(who, statement)
        case "spark":
            return world.spark(who, statement)
        case _:
            return world.athena(who, statement)


def leaked(world: World, who: str, sent: bytes, told: bytes) -> frozenset[int]:
    """The markers in an answer that this person must not see, but for those that it sent itself."""
    return (frozenset(found_in(told)) & hidden_from(who, world.made.book)) - found_in(sent)


def statements(world: World, way: str, attempts: Iterable[Attempt]) -> Iterator[tuple[Attempt, str]]:
    """Each attempt as it is sent; those that say nothing in this way are left out."""
    named = places(world)
    for attempt in attempts:
        statement = attempt.written(way).format(**named)
        if statement != "SELECT 1":
            yield attempt, statement


def leaks(world: World, way: str, who: str, attempts: Iterable[Attempt]) -> tuple[int, list[Leak]]:
    """How many were tried, and which leaked."""
    todo = list(statements(world, way, attempts))

    def one(item: tuple[Attempt, str]) -> Leak | None:
        attempt, statement = item
        told = ask(world, way, who, statement)
        markers = leaked(world, who, statement.encode(), told.data)
        return Leak(who, way, attempt, statement, markers, told.data) if markers else None

    with ThreadPoolExecutor(THREADS[way]) as pool:
        found = [leak for leak in pool.map(one, todo) if leak is not None]
    return len(todo), found
