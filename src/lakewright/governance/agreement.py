"""Whether what was applied decides as the spec does: asked for everybody, of every table, column and kind of row.

Two decisions are alike when they show the same: conditions may be written differently. A column that is left out and
one that is NULL are the same, for that is all that some systems can do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from lakewright.governance.decide import READING
from lakewright.governance.decisions import Allowed, Decision, Denied, TableFacts
from lakewright.governance.policy import Policy
from lakewright.governance.predicate import Compare, IsNull, Predicate
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.probes import Row, probes
from lakewright.governance.questions import condition_text, gained

AS_IT_IS = "as it is"
TO_COME = "*"
"""`gold.*` stands for the tables of gold that are still to be made; only these are asked about CREATE."""


@dataclass(frozen=True)
class Seat:
    """Somebody, as the spec and as the system know them; None: there is nobody of that name there."""

    name: str
    spec: Principal | None
    applied: Principal | None


@dataclass(frozen=True)
class Asked:
    """One question with both answers."""

    seat: Seat
    table: TableFacts
    privilege: Privilege
    at: datetime
    spec: Decision
    applied: Decision

    @property
    def exceeds_only(self) -> bool:
        """Whether the system gives all that the spec gives, and more."""
        return _is_part(self.spec, self.applied, self.table)

    @property
    def lacks_only(self) -> bool:
        """Whether the system gives nothing beyond the spec."""
        return _is_part(self.applied, self.spec, self.table)


@dataclass(frozen=True)
class Difference:
    """What somebody has by the spec and not in the system (`lacks`), and the other way round (`exceeds`).

    `cells`: kind of row → columns that differ, such as `tenant_id = 7` → `total`. `explained`: it follows from what the
    system is, not from what was applied, and `reason` says how.
    """

    system: str
    principal: str
    table: str
    privileges: tuple[Privilege, ...]
    lacks: tuple[str, ...]
    exceeds: tuple[str, ...]
    cells: Mapping[str, tuple[str, ...]]
    reason: str
    explained: bool = False


@dataclass(frozen=True)
class Answer:
    """What somebody may do with a table, in words, on both sides; `same`: they mean the same."""

    system: str
    principal: str
    table: str
    spec: str
    applied: str
    same: bool


@dataclass(frozen=True)
class Applied:
    """A system that something was applied to, as read from its own state, and what the spec wants of it.

    `why`: the system's own words for what somebody lacks there; "" when it has none. `excuse`: the reason why a
    difference follows from what the system is; "" when it does not. `rights`: those that the system tells apart.
    """

    system: str
    spec: Policy
    policy: Policy
    seats: Sequence[Seat]
    tables: Sequence[TableFacts]
    why: Callable[[Asked], str] = field(default=lambda _: "")
    excuse: Callable[[Asked], str] = field(default=lambda _: "")
    rights: tuple[Privilege, ...] = tuple(Privilege)

    def asked(self, table: TableFacts) -> tuple[Privilege, ...]:
        """The rights that are asked about: the making of tables only of those to come."""
        makes = table.name.endswith(f".{TO_COME}")
        return tuple(one for one in self.rights if makes or one is not Privilege.CREATE)


@dataclass(frozen=True)
class Agreement:
    """What was compared, and every difference. `kinds_of_rows`: how many different rows conditions tell apart."""

    system: str
    principals: int
    tables: int
    columns: int
    kinds_of_rows: int
    decisions: int
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether all differences are explained."""
        return all(one.explained for one in self.differences)


def to_come(database: str) -> TableFacts:
    """The tables of a database that are still to be made: nothing is known of their columns."""
    return TableFacts(f"{database}.{TO_COME}", {"any": "string"})


def agreement(applied: Applied, at: datetime) -> Agreement:
    """Asks both sides everything. `at`: an aware moment, for grants with a time limit."""
    found: list[Difference] = []
    rows, decisions = 1, 0
    for seat in applied.seats:
        mine: list[Difference] = []
        for table in applied.tables:
            count, asked, differ = _on_table(applied, seat, table, at)
            rows, decisions = max(rows, count), decisions + asked
            mine += differ
        found += _without_made(mine)
    columns = sum(len(table.columns) for table in applied.tables)
    return Agreement(applied.system, len(applied.seats), len(applied.tables), columns, rows, decisions, tuple(found))


def answers(applied: Applied, at: datetime) -> Iterator[Answer]:
    """What everybody may do with each table, in words; who may nothing on both sides is left out."""
    for seat in applied.seats:
        for table in applied.tables:
            asked = [ask(applied, seat, table, privilege, at) for privilege in applied.asked(table)]
            spec = _in_words((one.privilege, one.spec) for one in asked)
            there = _in_words((one.privilege, one.applied) for one in asked)
            if spec or there:
                same = all(one.exceeds_only and one.lacks_only for one in asked)
                yield Answer(applied.system, seat.name, table.name, spec or "nothing", there or "nothing", same)


def _in_words(decisions: Iterable[tuple[Privilege, Decision]]) -> str:
    """`select: id, total in every row; insert, update, delete`. DESCRIBE goes with the others."""
    found: dict[tuple[str, ...], list[Privilege]] = {}
    for privilege, decision in decisions:
        if isinstance(decision, Allowed):
            words = gained(Denied(""), decision) if privilege in READING else ()
            found.setdefault(words, []).append(privilege)
    return "; ".join(
        f"{', '.join(one for one in rights if one is not Privilege.DESCRIBE or len(rights) == 1)}"
        + (f": {', '.join(words)}" if words else "")
        for words, rights in found.items()
    )


def ask(applied: Applied, seat: Seat, table: TableFacts, privilege: Privilege, at: datetime) -> Asked:
    """One question to both sides."""
    nobody = Denied(f"the spec has nobody called {seat.name}")
    spec = nobody if seat.spec is None else applied.spec.decide(seat.spec, table, privilege, at)
    absent = Denied(f"{applied.system} has nobody called {seat.name}")
    there = absent if seat.applied is None else applied.policy.decide(seat.applied, table, privilege, at)
    return Asked(seat, table, privilege, at, spec, there)


def _on_table(applied: Applied, seat: Seat, table: TableFacts, at: datetime) -> tuple[int, int, list[Difference]]:
    """How many kinds of rows there are, how many decisions that makes, and what differs; privileges that differ in the
    same way are one difference."""
    most, decisions, found = 1, 0, dict[tuple[object, ...], Difference]()
    for privilege in applied.asked(table):
        count, difference = _compared(applied, ask(applied, seat, table, privilege, at))
        most, decisions = max(most, count), decisions + count * len(table.columns)
        if difference is None:
            continue
        key = difference.lacks, difference.exceeds, tuple(difference.cells.items()), difference.reason
        known = found.get(key)
        found[key] = replace(known, privileges=(*known.privileges, privilege)) if known else difference
    return most, decisions, _without_echo(list(found.values()))


def _without_echo(found: list[Difference]) -> list[Difference]:
    """DESCRIBE goes with every other right; told only when nothing else differs."""
    others = [
        replace(one, privileges=tuple(right for right in one.privileges if right is not Privilege.DESCRIBE))
        for one in found
    ]
    return [one for one in others if one.privileges] or found


def _without_made(mine: list[Difference]) -> list[Difference]:
    """Who may make tables in a database may look at all of it; that is not told of each table again."""
    made = {one.table.partition(".")[0] for one in mine if Privilege.CREATE in one.privileges}
    only = (Privilege.DESCRIBE,)
    return [one for one in mine if one.privileges != only or one.table.partition(".")[0] not in made]


def _compared(applied: Applied, question: Asked) -> tuple[int, Difference | None]:
    spec, there = question.spec, question.applied
    if isinstance(spec, Denied) and isinstance(there, Denied):
        return 1, None
    rows = probes([*_conditions(spec), *_conditions(there)], question.table.columns)
    if _same(spec, there):
        return rows.count, None
    cells: dict[str, tuple[str, ...]] = {}
    for row in rows:
        one, other = _shown(spec, row), _shown(there, row)
        if one != other:
            cells[row_text(row)] = _columns(one, other)
    passes_on = isinstance(spec, Allowed) and isinstance(there, Allowed) and spec.grantable != there.grantable
    if not cells and not passes_on and not rows.too_many:
        return rows.count, None
    excuse = applied.excuse(question)
    return rows.count, Difference(
        applied.system,
        question.seat.name,
        question.table.name,
        (question.privilege,),
        gained(there, spec),
        gained(spec, there),
        cells,
        excuse or _reason(applied, question),
        bool(excuse),
    )


def _same(spec: Decision, there: Decision) -> bool:
    """Whether nothing can differ, so that no row need be looked at."""
    return (
        isinstance(spec, Allowed)
        and isinstance(there, Allowed)
        and spec.grantable == there.grantable
        and spec.fingerprint == there.fingerprint
    )


def _conditions(decision: Decision) -> Iterator[Predicate]:
    if isinstance(decision, Allowed):
        if decision.rows is not None:
            yield decision.rows
        yield from decision.cells.values()


def _shown(decision: Decision, row: Row) -> Mapping[str, str] | None:
    """Column → how it is shown; None when the row is not."""
    if isinstance(decision, Denied) or (decision.rows is not None and not decision.rows.holds(row)):
        return None
    found = {}
    for column in decision.columns:
        mask = decision.masks.get(column)
        hidden = column in decision.cells and not decision.cells[column].holds(row)
        if not hidden and (mask is None or mask.kind != "null"):
            found[column] = AS_IT_IS if mask is None else mask.kind
    return found


def _is_part(one: Decision, other: Decision, table: TableFacts) -> bool:
    """Whether everything that the first shows is shown, alike, by the other."""
    if isinstance(one, Denied) or isinstance(other, Denied):
        return isinstance(one, Denied)
    rows = probes([*_conditions(one), *_conditions(other)], table.columns)
    if rows.too_many or (one.grantable and not other.grantable):
        return False
    return all(_shown_less(_shown(one, row), _shown(other, row)) for row in rows)


def _shown_less(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> bool:
    return one is None or (other is not None and one.items() <= other.items())


def _columns(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> tuple[str, ...]:
    """The columns that are shown differently."""
    names = dict.fromkeys((*(one or {}), *(other or {})))
    return tuple(name for name in names if (one or {}).get(name) != (other or {}).get(name))


def row_text(row: Row) -> str:
    """`tenant_id = 7`; of a table whose rows are all treated alike, `every row`."""
    parts = (IsNull(name) if value is None else Compare(name, "=", value) for name, value in row.items())
    return " and ".join(condition_text(part) for part in parts) or "every row"


def _reason(applied: Applied, question: Asked) -> str:
    """Which rules give it on one side, and what the other side says."""
    spec, there = question.spec, question.applied
    if isinstance(there, Denied):
        nobody = f"nobody there is called {question.seat.name}" if question.seat.applied is None else ""
        nothing = there.reason if there.because else "nothing there gives it"
        gives = ", ".join(spec.because) if isinstance(spec, Allowed) else ""
        return f"by {gives}; {applied.system}: {applied.why(question) or nobody or nothing}"
    if isinstance(spec, Denied):
        nobody = f"nobody is called {question.seat.name}" if question.seat.spec is None else ""
        nothing = spec.reason if spec.because else "no rule gives it"
        return f"by {', '.join(there.because)}; the spec: {nobody or nothing}"
    return f"by {', '.join(spec.because)}; {applied.system} by {', '.join(there.because)}"
