"""The suite finds what it is there to find: protection is broken on purpose, piece by piece, and it is seen."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from lakewright.governance import Allowed, Compare
from lakewright.query import lake
from lakewright.query.athena import executions, guard
from lakewright.query.audit import AuditLog
from lakewright.query.governed import deciding, governor, pool, selects, visible
from lakewright.query.governed.answer import Answer
from lakewright.query.governed.planning import Need, needs
from lakewright.rehearse.aws.s3 import access

from .attempts import ATTEMPTS
from .grammar import Writer
from .oracle import Oracle
from .searching import leaks
from .tally import Note, total
from .test_fuzz import Run
from .test_noninterference import STATEMENTS, _change, answer
from .test_protocol import target_of
from .test_protocol import test_what_belongs_to_others as belongs_to_others
from .world import World
from .world import world as opened

Break = Callable[[pytest.MonkeyPatch], None]
Seen = Callable[[World], bool]


def attempts(who: str, way: str, *groups: str) -> Seen:
    """Whether attempts of these groups leak."""
    return lambda world: bool(leaks(world, way, who, [one for one in ATTEMPTS if one.group in groups])[1])


def decision(change: Callable[[Allowed], Allowed]) -> Break:
    """The reader's SELECT is written from another decision."""
    right = selects.permitted_select

    def wrong(source: Any, allowed: Allowed, need: Need) -> str:
        return right(source, change(allowed), need)

    def patch(patches: pytest.MonkeyPatch) -> None:
        patches.setattr(governor, "permitted_select", wrong)

    return patch


def no_filter(patches: pytest.MonkeyPatch) -> None:
    decision(lambda allowed: replace(allowed, rows=None))(patches)


def no_masks(patches: pytest.MonkeyPatch) -> None:
    decision(lambda allowed: replace(allowed, masks={}))(patches)


def no_cells(patches: pytest.MonkeyPatch) -> None:
    decision(lambda allowed: replace(allowed, cells={}))(patches)


def all_columns(patches: pytest.MonkeyPatch) -> None:
    right = deciding.Deciding._allowed

    def wrong(self: Any, facts: Any) -> Allowed:
        return replace(right(self, facts), columns=tuple(facts.columns))

    patches.setattr(deciding.Deciding, "_allowed", wrong)


def past_as_it_was(patches: pytest.MonkeyPatch) -> None:
    """Time travel with the columns of then."""

    def wrong(self: Any, facts: Any, source: Any, newest: Allowed) -> Allowed:
        return replace(newest, columns=tuple(source.columns))

    patches.setattr(deciding.Deciding, "_at_that_time", wrong)


def open_engine(patches: pytest.MonkeyPatch) -> None:
    """External access on, and no confinement by the kernel, in the principal's process."""
    program = pool._PROGRAM.replace(
        "main(",
        "from lakewright.query.governed import confinement, zygote\n"
        "confinement.only_read = lambda paths, network: False\n"
        "confinement.refuse_calls = lambda network, forks: False\n"
        "confinement.leave_network = lambda: False\n"
        "right = zygote._open\n"
        "def wrong(role, prelude):\n"
        "    connection = right('reader', prelude)\n"
        "    return connection\n"
        "zygote._open = wrong\n"
        "main(",
    )
    patches.setattr(pool, "_PROGRAM", program)


def paths_are_names(patches: pytest.MonkeyPatch) -> None:
    """Any quoted text is a table's name, as it was once."""
    patches.setattr(lake, "_STORED", re.compile(r"(silver|gold|quarantine)\..+", re.DOTALL))


def wider_scan(patches: pytest.MonkeyPatch) -> None:
    """What the plan asks for goes beside the row filter, not inside of it."""
    right = selects.permitted_select

    def wrong(source: Any, allowed: Allowed, need: Need) -> str:
        return right(source, replace(allowed, rows=None) if need.rows is not None else allowed, need)

    patches.setattr(governor, "permitted_select", wrong)


def lost_condition(patches: pytest.MonkeyPatch) -> None:
    """A narrowing that loses rows: no leak, but a wrong answer."""

    def wrong(scans: Any, schemas: Any) -> dict[str, Need]:
        return {name: replace(need, rows=Compare("id", "<", 5) if "id" in schemas[name] else None)
                for name, need in needs(scans, schemas).items()}  # fmt: skip

    patches.setattr(governor, "needs", wrong)


def anybodys_executions(patches: pytest.MonkeyPatch) -> None:
    patches.setattr(executions.Executions, "_visible", lambda self, one, caller: self._parts.history.find(one))


def anybodys_objects(patches: pytest.MonkeyPatch) -> None:
    patches.setattr(access.Access, "check", lambda self, stored, identity: None)
    patches.setattr(access.Access, "listed_owner", lambda self, bucket, identity: None)


def no_second_look(patches: pytest.MonkeyPatch) -> None:
    patches.setattr(guard.Guard, "permitted", lambda self, execution, principal: True)


def every_column_described(patches: pytest.MonkeyPatch) -> None:
    patches.setattr(visible.Visible, "_columns", lambda self, name: dict(self.sources.facts(name).columns))


def size_of_files(patches: pytest.MonkeyPatch) -> None:
    """Scanned bytes as others count them: what lies on the disk."""
    right = Answer._delivered

    def wrong(self: Any) -> Any:
        found = right(self)
        self.stats.scanned_bytes += sum(one.version or 0 for one in self.stats.tables)
        return found

    patches.setattr(Answer, "_delivered", wrong)


def forgetful_audit(patches: pytest.MonkeyPatch) -> None:
    right = AuditLog.append

    def wrong(self: AuditLog, event: Any) -> None:
        if event.outcome != "denied":
            right(self, event)

    patches.setattr(AuditLog, "append", wrong)


# what sees it


def fuzzing(world: World) -> bool:
    oracle = Oracle(world, world.people["ten"])
    run = Run(world, "ten", oracle)
    writer = Writer(oracle.columns, 5)
    wrong = [fact for _ in range(60) for fact in run.wrong([run.case(writer.statement())])]
    oracle.close()
    return bool(wrong)


def interference(world: World) -> bool:
    texts = [one.format(t="silver.orders", c="silver.customer") for one in STATEMENTS[:6]]
    before = [answer(world, "ana", text) for text in texts]
    _change(world, "ana", {name: list(rows) for name, rows in world.made.rows.items()}, "more", random.Random(1))
    return before != [answer(world, "ana", text) for text in texts]


def others(world: World) -> bool:
    """Whether the attempts over HTTP fail."""
    try:
        belongs_to_others(world, "ten", lambda _name, _value: None)
    except AssertionError:
        return True
    return False


def fetched_after(world: World) -> bool:
    target = target_of(world, "ana")
    world.policy = replace(world.policy, grants=())
    return world.api("ana", "athena", "GetQueryResults", QueryExecutionId=target.execution).status == 200


def described(world: World) -> bool:
    return (
        b"legacy" in world.spark("ana", "DESCRIBE silver.orders").data
        or b"code" in world.spark("ana", "DESCRIBE silver.orders").data
    )


def unwritten(world: World) -> bool:
    assert world.spark("nil", "SELECT * FROM gold.plans").failed
    told = world.spark("root", "SELECT principal FROM audit.queries")
    return b"nil" not in told.data


@dataclass(frozen=True)
class Sabotage:
    do: Break
    seen: Seen
    service: bool = False


SABOTAGE = {
    "the row filter is dropped": Sabotage(no_filter, attempts("ten", "raw", "what rows tell")),
    "the row filter is dropped when the plan narrows": Sabotage(wider_scan, fuzzing),
    "masks are skipped": Sabotage(no_masks, attempts("mia", "spark", "names")),
    "cells of other rows are shown": Sabotage(no_cells, attempts("uma", "spark", "names")),
    "hidden columns are shown": Sabotage(all_columns, attempts("ana", "raw", "names")),
    "the past shows dropped columns": Sabotage(past_as_it_was, attempts("eng", "spark", "time travel")),
    "the engine is open to files": Sabotage(open_engine, attempts("nil", "raw", "path functions")),
    "a path is a name": Sabotage(paths_are_names, attempts("ten", "spark", "names")),
    "narrowing loses rows": Sabotage(lost_condition, fuzzing),
    "scanned bytes count hidden rows": Sabotage(size_of_files, interference),
    "every column is described": Sabotage(every_column_described, described),
    "denials are not written down": Sabotage(forgetful_audit, unwritten),
    "anybody's executions are found": Sabotage(anybodys_executions, others, service=True),
    "anybody's objects are given": Sabotage(anybodys_objects, others, service=True),
    "grants are not asked again": Sabotage(no_second_look, fetched_after, service=True),
}


@contextmanager
def broken(root: Path, sabotage: Sabotage) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patches:
        sabotage.do(patches)
        with opened(root, service=sabotage.service, partitioned=False) as found:
            (found.project.parent / "outside").mkdir()
            yield found


@pytest.mark.parametrize("what", SABOTAGE)
def test_it_is_seen(tmp_path: Path, what: str, record_property: Note) -> None:
    with broken(tmp_path, SABOTAGE[what]) as world:
        seen = SABOTAGE[what].seen(world)
    total(record_property, "sabotages that were seen", seen)
    assert seen, f"nobody sees it when {what}"


WATCHING = [
    fuzzing,
    interference,
    described,
    unwritten,
    attempts("ten", "raw", "what rows tell"),
    others,
    fetched_after,
]


@pytest.mark.parametrize("seen", WATCHING)
def test_without_sabotage_nothing_is_seen(tmp_path: Path, seen: Seen) -> None:
    with opened(tmp_path, service=seen in (others, fetched_after), partitioned=False) as world:
        assert not seen(world)
