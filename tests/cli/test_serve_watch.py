"""When a project is read again: files that are half written, gone, or of another lake."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.cli.serve_watch import Standing
from lakewright.errors import SpecError
from lakewright.observe import Event
from lakewright.spec import Project, load_project

TEXT = """lakewright: 1
platform: shop
include: [rules/*.yaml]
access:
  users: people.yaml
"""
RULES = "access: {personas: {Analyst: {groups: [a]}}, grants: [{to: Analyst, on: silver.*}]}\n"


class World:
    """A project that is in force, and what is told of it."""

    def __init__(self, root: Path) -> None:
        (root / "rules").mkdir()
        (root / "rules" / "one.yaml").write_text(RULES)
        (root / "people.yaml").write_text("ana: {groups: [a]}\n")
        (root / "platform.yaml").write_text(TEXT)
        self.root = root
        self.events: list[Event] = []
        self.applied: list[int] = []
        project = load_project(root)
        self.standing = Standing(project, self.grants(project), self.grants, self.applied.append, self.events.append)

    def grants(self, project: Project) -> int:
        """What is made of a project here: how many grants and users it has."""
        if "mallory" in project.platform.access.users:
            raise SpecError("LW1", "not mallory")
        return len(project.platform.access.grants) + 10 * len(project.platform.access.users)

    def looks(self) -> list[str | None]:
        return [self.standing.look() for _ in range(4)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


AGAIN = "the project's files were read again"


def test_nothing_changed(world: World) -> None:
    assert world.looks() == [None] * 4
    assert (world.standing.now, world.applied, world.events) == (11, [], [])


def test_each_file_counts(world: World) -> None:
    (world.root / "people.yaml").write_text("ana: {groups: [a]}\nben: {}\n")
    assert world.looks() == [None, AGAIN, None, None]
    assert world.standing.now == 21
    (world.root / "rules" / "one.yaml").write_text(RULES.replace("silver.*}", "silver.*}, {to: Analyst, on: gold.*}"))
    assert world.looks() == [None, AGAIN, None, None]
    (world.root / "rules" / "two.yaml").write_text("access: {grants: [{to: everyone, on: gold.x}]}\n")
    assert world.looks() == [None, AGAIN, None, None]
    (world.root / "rules" / "two.yaml").unlink()
    assert world.looks() == [None, AGAIN, None, None]
    assert world.applied == [21, 22, 23, 22]


def test_a_file_that_is_being_written_is_not_read(world: World) -> None:
    """Its first half may be valid, and permit more."""
    for length in range(1, 4):
        (world.root / "people.yaml").write_text("ana: {groups: [a]}\nben: {}\n"[: length * 9])
        assert world.standing.look() is None
    (world.root / "people.yaml").write_text("ana: {groups: [a]}\nben: {}\n")
    assert world.looks() == [None, AGAIN, None, None]
    assert world.applied == [21]


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("platform.yaml", "lakewright: [", "LW101"),
        ("platform.yaml", TEXT.replace("shop", "store"), "restart"),
        ("platform.yaml", TEXT + "environments: {local: {lake: elsewhere}}\n", "restart"),
        ("people.yaml", "mallory: {}\n", "mallory"),
        ("people.yaml", None, "people.yaml"),
        ("platform.yaml", None, "LW100"),
    ],
)
def test_what_is_broken_is_told_once_and_changes_nothing(world: World, name: str, text: str | None, word: str) -> None:
    before = (world.root / name).read_text()
    if text is None:
        (world.root / name).unlink()
    else:
        (world.root / name).write_text(text)
    first, told, *rest = world.looks()
    assert (first, rest) == (None, [None, None])
    assert told is not None
    assert "stays in force" in told
    assert word in told
    assert (world.standing.now, world.applied) == (11, [])
    assert [event.name for event in world.events] == ["serve.not_reread"]
    (world.root / name).write_text(before)
    assert AGAIN in world.looks()
    assert world.standing.now == 11
