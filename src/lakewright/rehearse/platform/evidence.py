"""What a rehearsal saw, as plain values: read from AWS's APIs and from the source's own database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakewright.infra.order import Leg
from lakewright.rehearse.comparison import Comparison


@dataclass(frozen=True)
class StackSeen:
    """One stack: what its apply added, changed and removed, and how long its commands took."""

    name: str
    resources: int
    did: Mapping[str, int]
    seconds: Mapping[str, float]
    differences: tuple[str, ...] = ()
    """Addresses that the second plan would change."""
    error: str = ""


@dataclass(frozen=True)
class TableLoaded:
    """One source table: rows in the database, and rows that the replication says it loaded."""

    table: str
    source_rows: int
    loaded_rows: int
    changes: int = 0


@dataclass(frozen=True)
class Replication:
    """A replication as AWS describes it. `lag`: seconds from a commit at the source to its row in Bronze; `followed`:
    whether a change was made to see it."""

    name: str
    engine: str
    status: str
    tables: tuple[TableLoaded, ...]
    lag: float | None = None
    error: str = ""
    followed: bool = True


@dataclass(frozen=True)
class JobRun:
    """One run of a Glue job."""

    job: str
    state: str
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class Cataloged:
    """Tables of a database in the Glue catalog, and those that must be there."""

    database: str
    expected: frozenset[str]
    found: frozenset[str]


@dataclass(frozen=True)
class Counted:
    """A lake table as Athena counts it. `duplicates`: keys that occur more than once."""

    table: str
    rows: int
    duplicates: int = 0


@dataclass(frozen=True)
class Answer:
    """A statement of a persona. `sees`/`must_see`: the tenants in the answer and those that the source's owner names;
    `refused`: the error with which Athena refused it; `leaks`: what came through that must not."""

    persona: str
    statement: str
    rows: int = 0
    sees: tuple[str, ...] = ()
    must_see: tuple[str, ...] = ()
    refused: str = ""
    must_refuse: bool = False
    leaks: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        if self.must_refuse:
            return bool(self.refused)
        return not self.refused and self.sees == self.must_see and not self.leaks


@dataclass(frozen=True)
class Alarms:
    """State by alarm; `provoked`: state changes seen when something was broken on purpose; `delivered`: messages."""

    states: Mapping[str, str] = field(default_factory=dict)
    dashboards: tuple[str, ...] = ()
    provoked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    delivered: int = 0


@dataclass(frozen=True)
class Paused:
    """`quiet`: nothing moved while paused; `changes` were made meanwhile, `missing` of them after resuming."""

    replications: tuple[str, ...]
    schedules: tuple[str, ...]
    quiet: bool
    changes: int
    missing: int
    seconds: float


@dataclass(frozen=True)
class Module:
    """A component's module: whether it has tests, a README, and a description of each variable and output."""

    name: str
    tests: int
    readme: bool
    undescribed: tuple[str, ...]


@dataclass(frozen=True)
class Tried:
    """One thing that the blueprint has of its own, tried through AWS's API."""

    name: str
    ok: bool
    fact: str


@dataclass
class Evidence:
    """All of it; what was not looked at stays None or empty."""

    environment: str
    stacks: list[StackSeen] = field(default_factory=list)
    path: tuple[Leg, ...] = ()
    """The critical path of the apply."""
    modules: list[Module] = field(default_factory=list)
    second_plan: bool = False
    order: tuple[Tried, ...] = ()
    """Stacks that were tried out of their turn."""
    replications: list[Replication] = field(default_factory=list)
    crawlers: Mapping[str, str] = field(default_factory=dict)
    catalog: list[Cataloged] = field(default_factory=list)
    workflow: str = ""
    jobs: list[JobRun] = field(default_factory=list)
    silver: list[Counted] = field(default_factory=list)
    gold: list[Counted] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    named_queries: Mapping[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    alarms: Alarms | None = None
    cost: Mapping[str, Any] | None = None
    budget: float | None = None
    followed: float | None = None
    """Seconds from a change at the source until Athena showed it in Gold, after another run of the workflow."""
    paused: Paused | None = None
    tried: tuple[Tried, ...] = ()
    """What the blueprint has of its own, beside the criteria of all."""
    destroyed: Mapping[str, int] | None = None
    left: tuple[str, ...] = ()
    """What was still there after destroy."""
