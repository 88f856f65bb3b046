"""The twelve success criteria, judged from what was seen: pure, so that each can be shown to fail.

A check's grade says what its word is worth: executed (behaviour ran and was measured), accepted (AWS's API took it,
nothing behind it ran), unchecked (it was not looked at in this rehearsal), not proven (it cannot be shown here yet).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lakewright.rehearse.platform.evidence import Evidence


class Grade(StrEnum):
    """What a word is worth as evidence, best first."""

    EXECUTED = "executed"
    ACCEPTED = "accepted"
    UNCHECKED = "unchecked"
    NOT_PROVEN = "not proven"


_ORDER = tuple(Grade)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `ok` is None where nothing can be said (unchecked, not proven)."""

    name: str
    grade: Grade
    ok: bool | None
    fact: str


@dataclass(frozen=True)
class Criterion:
    """One success criterion: met when none of its checks failed and at least one could be made."""

    number: int
    title: str
    checks: tuple[Check, ...]
    declared: bool = True
    """Whether the platform has a component that this is about."""

    @property
    def ok(self) -> bool | None:
        """False as soon as one check failed; None when none says anything."""
        said = [check.ok for check in self.checks if check.ok is not None]
        return all(said) if said else None

    @property
    def grade(self) -> Grade:
        """The weakest grade of its checks."""
        return max((check.grade for check in self.checks), key=_ORDER.index, default=Grade.UNCHECKED)


Judge = Callable[[Evidence], Iterator[Check]]


def judged(evidence: Evidence) -> tuple[Criterion, ...]:
    """All twelve, and what the blueprint has of its own."""
    found = [
        _criterion(number, title, tuple(judge(evidence)), _declared(evidence, modules))
        for number, (title, judge, modules) in enumerate(_CRITERIA, start=1)
    ]
    if evidence.tried:
        own = tuple(_ran(one.name, one.ok, one.fact) for one in evidence.tried)
        found.append(Criterion(len(found) + 1, "The blueprint's own behaviour", own))
    return tuple(found)


def _criterion(number: int, title: str, checks: tuple[Check, ...], declared: bool) -> Criterion:
    if declared or any(check.ok is not None for check in checks):
        return Criterion(number, title, checks)
    return Criterion(number, title, (), declared=False)


def _declared(seen: Evidence, modules: frozenset[str]) -> bool:
    """Whether the platform has one of these; what cannot be known, since nothing was compiled, counts as declared."""
    return not modules or not seen.modules or any(module.name in modules for module in seen.modules)


def _ran(name: str, ok: bool, fact: str) -> Check:
    return Check(name, Grade.EXECUTED, ok, fact)


def _unchecked(name: str, fact: str = "not looked at in this rehearsal") -> Check:
    return Check(name, Grade.UNCHECKED, None, fact)


def _listed(items: Iterable[str], most: int = 6) -> str:
    names = list(items)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _modules(seen: Evidence) -> Iterator[Check]:
    if not seen.stacks:
        yield _unchecked("every stack is applied")
        return
    failed = [stack.name for stack in seen.stacks if stack.error]
    resources = sum(stack.resources for stack in seen.stacks)
    fact = f"failed: {_listed(failed)}" if failed else f"{len(seen.stacks)} stacks, {resources} resources"
    yield _ran("every stack is applied", not failed, fact)
    if seen.second_plan:
        differing = [address for stack in seen.stacks for address in stack.differences]
        fact = f"would change {_listed(differing)}" if differing else "zero differences"
        yield _ran("a second plan is clean", not differing, fact)
    else:
        yield _unchecked("a second plan is clean")
    for one in seen.order:
        yield _ran(one.name, one.ok, one.fact)
    untested = [module.name for module in seen.modules if not module.tests]
    fact = f"without: {_listed(untested)}" if untested else f"{len(seen.modules)} modules; CI runs them"
    yield Check("every module has tests", Grade.ACCEPTED, not untested, fact)


def _replication(seen: Evidence) -> Iterator[Check]:
    if not seen.replications:
        yield _unchecked("replication runs")
    for one in seen.replications:
        yield _ran(f"{one.name} runs", one.status == "running", one.error or f"{one.engine}, {one.status}")
        wrong = [
            f"{table.table}: {table.loaded_rows} of {table.source_rows}"
            for table in one.tables
            if table.loaded_rows != table.source_rows
        ]
        rows = sum(table.loaded_rows for table in one.tables)
        fact = _listed(wrong) if wrong else f"{rows:,} rows of {len(one.tables)} tables, as many as the source has"
        yield _ran(f"{one.name}: full load", bool(one.tables) and not wrong, fact)
        if not one.followed:
            yield _unchecked(f"{one.name}: changes follow", "changes are made to the example shop only")
        elif one.lag is None:
            yield _ran(f"{one.name}: changes follow", False, "no change of the source arrived in Bronze")
        else:
            yield _ran(f"{one.name}: changes follow", True, f"{one.lag:.1f} s from commit to Bronze")


def _crawlers(seen: Evidence) -> Iterator[Check]:
    if not seen.crawlers:
        yield _unchecked("crawlers run")
    for name, state in seen.crawlers.items():
        yield _ran(f"{name} ran", state == "SUCCEEDED", state.lower())
    for one in seen.catalog:
        missing = sorted(one.expected - one.found)
        fact = f"missing {_listed(missing)}" if missing else f"{len(one.expected)} tables"
        yield _ran(f"{one.database}: every table is found", bool(one.expected) and not missing, fact)


def _silver(seen: Evidence) -> Iterator[Check]:
    yield from _workflow(seen)
    yield from _filled("Silver", [(one.table, one.rows) for one in seen.silver])


def _workflow(seen: Evidence) -> Iterator[Check]:
    if not seen.jobs:
        yield _unchecked("the workflow's jobs run")
        return
    failed = [f"{run.job}: {run.error or run.state.lower()}" for run in seen.jobs if run.state != "SUCCEEDED"]
    seconds = sum(run.seconds for run in seen.jobs)
    fact = _listed(failed) if failed else f"{len(seen.jobs)} runs, {seconds:.0f} s of work"
    yield _ran("every job of the workflow succeeds", not failed and seen.workflow in ("", "COMPLETED"), fact)


def _filled(layer: str, counts: list[tuple[str, int]]) -> Iterator[Check]:
    if not counts:
        yield _unchecked(f"{layer} has rows")
        return
    empty = [table for table, rows in counts if not rows]
    fact = f"empty: {_listed(empty)}" if empty else f"{sum(rows for _, rows in counts):,} rows, {len(counts)} tables"
    yield _ran(f"every {layer} table has rows", not empty, fact)


def _upserts(seen: Evidence) -> Iterator[Check]:
    if seen.silver:
        doubled = [f"{one.table}: {one.duplicates}" for one in seen.silver if one.duplicates]
        fact = _listed(doubled) if doubled else "each key once, after loads, updates and deletes"
        yield _ran("upserts, on Delta", not doubled, fact)
    else:
        yield _unchecked("upserts, on Delta")
    yield Check("Hudi, with time travel", Grade.NOT_PROVEN, None, "needs Spark, which this version does not run")


def _gold(seen: Evidence) -> Iterator[Check]:
    yield from _filled("Gold", [(one.table, one.rows) for one in seen.gold])


def _answers(seen: Evidence) -> Iterator[Check]:
    if seen.comparisons:
        wrong = [one.table for one in seen.comparisons if not one.equal]
        figures = sum(one.figures for one in seen.comparisons)
        fact = f"different: {_listed(wrong)}" if wrong else f"{figures:,} figures of {len(seen.comparisons)} tables"
        yield _ran("Athena's figures are the source's own", not wrong, fact)
    else:
        yield _unchecked("Athena's figures are the source's own")
    if seen.named_queries:
        failed = [f"{name}: {state}" for name, state in seen.named_queries.items() if state != "SUCCEEDED"]
        fact = _listed(failed) if failed else f"{len(seen.named_queries)} queries"
        yield _ran("the named queries run", not failed, fact)


def _isolation(seen: Evidence) -> Iterator[Check]:
    if not seen.answers:
        yield _unchecked("each persona sees its own rows")
    for answer in seen.answers:
        name = f"{answer.persona}: {answer.statement}"
        if answer.must_refuse:
            yield _ran(name, answer.ok, (answer.refused and "refused") or f"answered with {answer.rows} rows")
        elif answer.ok:
            yield _ran(name, True, f"{answer.rows:,} rows of tenants {_listed(answer.sees)}")
        else:
            saw = f"saw tenants {_listed(answer.sees) or 'none'} instead of {_listed(answer.must_see)}"
            yield _ran(name, False, answer.refused or _listed(answer.leaks) or saw)


def _monitoring(seen: Evidence) -> Iterator[Check]:
    alarms = seen.alarms
    if alarms is None:
        yield _unchecked("alarms and dashboards")
        return
    fact = f"{len(alarms.dashboards)} dashboards, {len(alarms.states)} alarms"
    yield Check("dashboards and alarms are there", Grade.ACCEPTED, bool(alarms.dashboards and alarms.states), fact)
    for name, states in alarms.provoked.items():
        fired = "ALARM" in states
        yield _ran(f"{name} fires when it is broken", fired, " → ".join(states) or "did not change")
    if alarms.provoked:
        yield _ran("somebody is told", alarms.delivered > 0, f"{alarms.delivered} messages in the inbox")


def _cost(seen: Evidence) -> Iterator[Check]:
    if seen.cost is None:
        yield _unchecked("the estimate is within the budget")
        return
    usd = seen.cost["usd"]
    if seen.budget is None:
        yield Check("the estimate is within the budget", Grade.UNCHECKED, None, f"{usd:.2f} USD; no budget is declared")
        return
    fact = f"{usd:.2f} of {seen.budget:.2f} USD a month, at prices of {seen.cost['noted']}"
    yield Check("the estimate is within the budget", Grade.ACCEPTED, usd <= seen.budget, fact)


def _documentation(seen: Evidence) -> Iterator[Check]:
    if not seen.modules:
        yield _unchecked("every module is documented")
        return
    lacking = [module.name for module in seen.modules if not module.readme or module.undescribed]
    fact = f"lacking: {_listed(lacking)}" if lacking else f"{len(seen.modules)} modules, each input and output"
    yield _ran("every module is documented", not lacking, fact)


def _reliable(seen: Evidence) -> Iterator[Check]:
    if seen.followed is None:
        if _declared(seen, _REPLICATES):
            yield _unchecked("a change at the source comes through to Gold")
    else:
        yield _ran("a change at the source comes through to Gold", True, f"{seen.followed:.0f} s, with a workflow run")
    if seen.paused is None:
        if _declared(seen, _REPLICATES):
            yield _unchecked("pause and resume lose nothing")
    else:
        fact = f"{seen.paused.changes} changes while paused, {seen.paused.missing} missing"
        ok = seen.paused.quiet and seen.paused.changes > 0 and not seen.paused.missing
        yield _ran("pause and resume lose nothing", ok, fact if seen.paused.quiet else "it did not pause")
    if seen.destroyed is None:
        yield _unchecked("destroy leaves nothing", "kept, or not asked for")
    else:
        removed = sum(seen.destroyed.values())
        fact = f"left: {_listed(seen.left)}" if seen.left else f"{removed} resources destroyed"
        yield _ran("destroy leaves nothing", not seen.left, fact)


_ANY: frozenset[str] = frozenset()
_REPLICATES = frozenset({"dms", "ingester"})
_BUILDS = frozenset({"glue"})
_CRITERIA: tuple[tuple[str, Judge, frozenset[str]], ...] = (
    ("All modules are implemented and tested", _modules, _ANY),
    ("The source is replicated to S3", _replication, _REPLICATES),
    ("Crawlers discover all tables", _crawlers, _BUILDS | {"file_catalog"}),
    ("Glue jobs build Silver", _silver, _BUILDS),
    ("Tables take upserts and travel in time", _upserts, _BUILDS),
    ("Gold holds aggregated metrics", _gold, _BUILDS),
    ("Athena's answers are right", _answers, _BUILDS),
    ("Lake Formation isolates tenants", _isolation, frozenset({"lake_formation", "lake_grants"})),
    ("Monitoring shows the system's health", _monitoring, frozenset({"monitoring"})),
    ("Cost is within the budget", _cost, _ANY),
    ("Documentation is complete", _documentation, _ANY),
    ("End to end it works reliably", _reliable, _ANY),
)


def counted(criteria: Iterable[Criterion]) -> Mapping[Grade, int]:
    """How many checks there are of each grade."""
    grades = [check.grade for criterion in criteria for check in criterion.checks]
    return {grade: grades.count(grade) for grade in Grade}
