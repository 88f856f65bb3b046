"""Where a scenario plays: people who ask, in Athena's SQL and under the grants, and the files that lie below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakewright.errors import ProblemError
from lakewright.governance import Principal
from lakewright.query import Lake, Result
from lakewright.query.athena.asked import Answered, ask
from lakewright.query.governed import GovernedSession, Governor, QueryFailed
from lakewright.tables import Commit, Table


@dataclass(frozen=True)
class Step:
    """A question with its answer, or (without `who` and `sql`) figures of the lake itself.

    `seconds` and `scanned_bytes` are None where nothing was asked; `error` is what a refused statement told.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    who: str = ""
    sql: str = ""
    seconds: float | None = None
    scanned_bytes: int | None = None
    error: str = ""

    def column(self, name: str) -> list[Any]:
        """One column's values."""
        place = list(self.columns).index(name)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Finding:
    """What the scenario shows, in words, and whether it did."""

    text: str
    holds: bool


@dataclass(frozen=True)
class Told:
    """A scenario as it went."""

    title: str
    steps: Sequence[Step]
    findings: Sequence[Finding]
    next: Sequence[str] = field(default_factory=tuple)
    """Commands to go on with."""

    @property
    def ok(self) -> bool:
        return all(finding.holds for finding in self.findings)


@dataclass(frozen=True)
class Stage:
    """A lake, and the people that its platform declares."""

    governor: Governor
    people: Mapping[str, Principal]
    lake: Lake

    def ask(self, title: str, who: str, sql: str, database: str = "gold") -> Step:
        """One SELECT in Athena's SQL. Raises what `asked.ask` raises."""
        text = " ".join(sql.split())
        return _step(title, who, text, ask(self.governor, self.people[who], text, database))

    def ask_in_vain(self, title: str, who: str, sql: str, database: str = "gold") -> Step:
        """The same, for what may be refused: then `error` says how."""
        try:
            return self.ask(title, who, sql, database)
        except QueryFailed as refused:
            return Step(title, (), (), who, " ".join(sql.split()), error=refused.fact)

    def ask_spark(self, title: str, who: str, sql: str) -> Step:
        """One SELECT in the lake's own dialect, as `lakewright sql --as` runs it: it may read a table at two times."""
        text = " ".join(sql.split())
        return _step(title, who, text, GovernedSession(self.governor, self.people[who]).run(text))

    def anyone(self, persona: str) -> str:
        """Somebody of that persona. Raises ProblemError LW812 when nobody has it."""
        for name, person in sorted(self.people.items()):
            if persona in person.personas:
                return name
        raise ProblemError("LW812", f"nobody is a {persona} here", hint="access: {users: …} in platform.yaml")

    def table(self, name: str) -> Table:
        return self.lake.table(name)

    def history(self, name: str) -> list[Commit]:
        """A stored table's commits, oldest first."""
        return list(reversed(self.table(name).history()))


def position_of(commit: Commit) -> int:
    """The source's position up to which a commit of a model is."""
    (position,) = (value for key, value in commit.metadata.items() if key.startswith("lakewright.position."))
    return int(position)


def moment_of(commit: Commit) -> str:
    """When it was, as a literal's text in Athena's SQL."""
    return commit.at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"


def _step(title: str, who: str, sql: str, result: Result) -> Step:
    rows = [tuple(row.values()) for row in result.rows.to_pylist()]
    scanned = result.scanned_bytes if isinstance(result, Answered) else None
    return Step(title, result.rows.column_names, rows, who, sql, round(result.seconds, 4), scanned)
