"""Every attempt in SQL, as everybody, by every way: nothing hidden comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from .attempts import ATTEMPTS
from .people import PEOPLE
from .searching import leaks
from .spelling import WAYS, outside
from .tally import Note, total
from .world import World


def test_there_are_enough() -> None:
    assert len({(one.sql, one.spark, one.athena) for one in ATTEMPTS}) >= 150
    assert len({(one.group, one.name) for one in ATTEMPTS}) == len(ATTEMPTS)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", PEOPLE)
def test_no_attempt_shows_what_is_hidden(world: World, who: str, way: str, record_property: Note) -> None:
    before = _files(world.project / "lake")
    count, found = leaks(world, way, who, ATTEMPTS)
    total(record_property, f"attempts in SQL, {way}", count)
    total(record_property, "leaks in SQL", len(found))
    assert not found, "\n".join(map(str, found))
    assert _files(world.project / "lake") == before
    assert not list(outside(world).iterdir())


def _files(folder: Path) -> set[tuple[str, int]]:
    return {(str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}
