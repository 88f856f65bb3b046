"""`lakewright plan`: what would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.infra.working import Choice, choosing, needs_account
from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import LakewrightError, ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.bronze.state import BronzeState, BronzeTable
    from lakewright.cli.grants import Granted
    from lakewright.cli.workspace import Workspace
    from lakewright.models.lineage import Broken
    from lakewright.pipeline.plan import RunPlan

Schemas = dict[str, Mapping[str, str]]
SIGNS = {"create": "+", "rebuild": "!", "update": "~", "wait": "?", "none": " "}


@dataclass(frozen=True)
class TablePlan:
    """What ingest would do with a source table, and how its columns differ from Bronze's.

    `renamed`: columns that go on under another name at the source, old → new; they are in `columns` as well.
    """

    source: str
    name: str
    step: str
    columns: tuple[str, ...] = ()
    note: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)


@verb(
    "plan",
    example="lakewright plan\nlakewright plan --offline --json\nlakewright plan dev   # Terraform's, for `apply`\n"
    "lakewright plan dev --only grants   # who gains and loses what",
)
@click.argument("environment", metavar="[ENV]", required=False)
@click.option(
    "--only",
    type=click.Choice(["models", "tables", "grants", "rules"]),
    help="Only models, the sources' tables, who gains and loses what; with ENV: grants, or security groups' rules.",
)
@click.option("--offline", is_flag=True, help="Leave the source databases out.")
@choosing
def command(
    invocation: Invocation,
    environment: str | None,
    only: str | None,
    offline: bool,
    stack: tuple[str, ...],
    plugin_dir: Path | None,
) -> Report:
    """Show what would change: tables, models to build or rebuild, what breaks downstream, who gains and loses what.

    Nothing is changed and no data is read. Exit code 1 when a change at the source breaks a model, 2 when a model does
    not fit its tables as they are.
    Of an environment with an AWS account: what Terraform would do, stack by stack, saved for `apply`.
    """
    from lakewright.cli.infra.plan import plan_environment
    from lakewright.cli.workspace import Workspace

    invocation.env = environment or invocation.env
    if invocation.env != "local":
        project = invocation.project()
        needs_account(project, invocation.env)
        return plan_environment(invocation, project, Choice(invocation.env, stack, plugin_dir), only)
    if only == "rules":
        raise SpecError("LW900", "--only rules goes with an environment", hint="lakewright plan dev --only rules")
    return _plan_here(Workspace(invocation.local_project()), only, offline=offline)


def _plan_here(workspace: Workspace, only: str | None, *, offline: bool) -> Report:
    from lakewright.cli.grants import Granted, changed_grants

    states = workspace.states()
    tables, notes = _tables(workspace, states, offline=offline) if only in (None, "tables") else ([], [])
    models = _models(workspace, states) if only in (None, "models") else None
    granted = changed_grants(workspace, states) if only in (None, "grants") else Granted(())
    broken, problems = _fitting(workspace, states, tables) if only in (None, "models") else ((), [])
    data: dict[str, Any] = {
        "tables": [asdict(table) for table in tables],
        "models": [asdict(model) for model in models.models] if models else [],
        "positions": dict(models.positions) if models else {},
        "broken": [{"model": one.model, "retyped": one.retyped, "downstream": one.downstream} for one in broken],
        "grants": granted.as_dict(),
        "notes": [*notes, *granted.notes],
    }

    return Report(data, lambda screen: show(screen, tables, models, notes, granted), ok=not problems, problems=problems)


def _models(workspace: Workspace, states: Sequence[BronzeState]) -> RunPlan:
    from lakewright.pipeline.plan import plan_run
    from lakewright.tables import open_table

    cache = workspace.project.state_dir / "cache"
    return plan_run(workspace.models, states, workspace.storage, open_table, cache)


def _tables(workspace: Workspace, states: Sequence[BronzeState], *, offline: bool) -> tuple[list[TablePlan], list[str]]:
    found: list[TablePlan] = []
    notes: list[str] = []
    for state in [] if offline else states:
        if workspace.project.platform.sources[state.source].replication == "dms":
            notes.append(f"{state.source} is left out: DMS replicates it")
            continue
        try:
            found += _source(workspace, state)
        except LakewrightError as error:
            notes.append(f"{state.source} is left out: {error.fact}")
    return found, notes


def _source(workspace: Workspace, state: BronzeState) -> list[TablePlan]:
    from lakewright.ingest.sources.postgres.catalog import read_catalog

    source = workspace.project.platform.sources[state.source]
    mapping = workspace.mapping(source)
    with workspace.connection(state.source) as connection:
        tables = read_catalog(connection, mapping.selects)
    transforms = mapping.resolve(tables)
    numbers = {table.label: {column.name: column.number for column in table.columns} for table in tables}
    plans = []
    for label, transform in transforms.items():
        columns = {column.name: column.type for column in transform.columns}
        known = state.tables.get(transform.name)
        plan = _table(state.source, transform.name, columns, known)
        if plan.step == "change" and known is not None:
            names = {numbers[label].get(c.source or ""): c.name for c in transform.columns}
            plan = replace(plan, renamed=_renamed(known, names))
        plans.append(plan)
    here = {transform.name for transform in transforms.values()}
    gone = [name for name in state.tables if name not in here]
    return plans + [TablePlan(state.source, name, "keep", note="no longer selected; Bronze keeps it") for name in gone]


def _table(source: str, name: str, columns: Mapping[str, str], known: BronzeTable | None) -> TablePlan:
    if known is None or not known.schemas:
        return TablePlan(source, name, "load", tuple(f"+{column} {kind}" for column, kind in columns.items()))
    was = {column.name: column.type for column in known.schema.columns if not column.dropped}
    changes = [f"+{column} {kind}" for column, kind in columns.items() if column not in was]
    changes += [f"-{column}" for column in was if column not in columns]
    changes += [f"{c} {was[c]} → {kind}" for c, kind in columns.items() if c in was and was[c] != kind]
    return TablePlan(source, name, "change" if changes else "none", tuple(changes), known.stop_reason)


def _renamed(known: BronzeTable, here: Mapping[int | None, str]) -> dict[str, str]:
    """Columns of Bronze that have another name at the source now. `here`: attribute number → column."""
    return {
        column.name: here[column.id]
        for column in known.schema.columns
        if column.id and not column.dropped and here.get(column.id, column.name) != column.name
    }


def _fitting(
    workspace: Workspace, states: Sequence[BronzeState], tables: Sequence[TablePlan]
) -> tuple[tuple[Broken, ...], list[LakewrightError]]:
    """Models that a change at the sources breaks, and what is wrong with those and with models as they are."""
    from lakewright.models.typed import cached_type_mistakes

    before = workspace.bronze_schemas(states)
    after = _after(before, tables)
    broken: tuple[Broken, ...] = ()
    if any(before[name] != after[name] for name in before):
        from lakewright.models.lineage import impact

        broken = impact(workspace.models, before, {name: after[name] for name in before})
    known = {one.model for one in broken}
    cache = workspace.project.state_dir / "cache"
    return broken, [*_problems(broken), *cached_type_mistakes(workspace.models, after, cache, without=known)]


def _after(before: Mapping[str, Mapping[str, str]], tables: Sequence[TablePlan]) -> Schemas:
    """Bronze with the sources' columns as they are now. Dropped columns stay in it."""
    from lakewright.bronze.state import SYSTEM_TYPES, log_name, sql_name

    after: Schemas = dict(before)
    for plan in tables:
        retyped = [change.rsplit(" ", 3) for change in plan.columns if " → " in change]
        added = [change.removeprefix("+").rsplit(" ", 1) for change in plan.columns if change.startswith("+")]
        changes = {parts[0]: parts[-1] for parts in (*retyped, *added)}
        for name in (sql_name(plan.name), log_name(plan.name)) if plan.step in ("load", "change") else ():
            kept = {c: kind for c, kind in before.get(name, SYSTEM_TYPES).items() if c not in plan.renamed}
            after[name] = {**kept, **changes}
    return after


def _problems(broken: Sequence[Broken]) -> list[LakewrightError]:
    found: list[LakewrightError] = []
    for one in broken:
        found.extend(ProblemError(m.code, m.fact, place=m.place, hint=m.hint) for m in one.mistakes)
        behind = f"; behind it: {', '.join(one.downstream)}" if one.downstream else ""
        for column, (was, now) in one.retyped.items():
            fact = f"{column} becomes {now}, was {was}{behind}"
            found.append(ProblemError("LW706", fact, place=one.model, hint="cast in the SQL, or change the header"))
    return found


def show(
    screen: Screen,
    tables: Sequence[TablePlan],
    models: RunPlan | None,
    notes: Sequence[str],
    granted: Granted,
) -> None:
    """Only what differs, then a line that sums up."""
    from lakewright.cli.grants import show_grants

    for note in notes:
        screen.line(f"note  {note}", style="yellow")
    for table in tables:
        if table.step == "load":
            screen.line(f"+ bronze.{table.name}: full load, {len(table.columns)} columns", style="green")
        elif table.step != "none" or table.note:
            screen.line(f"~ bronze.{table.name}: {', '.join(table.columns) or table.note}", style="yellow")
    steps = [model for model in models.models if model.step != "none"] if models else []
    for model in steps:
        why = model.reason or f"new rows in {', '.join(model.news)}"
        screen.line(f"{SIGNS[model.step]} {model.name}: {model.step}, {why}")
        for change in model.columns:
            screen.line(f"    {change}")
    show_grants(screen, granted)
    if not steps and not granted.changes and not any(table.step != "none" for table in tables):
        screen.line("Nothing to do.")
    elif models:
        counts = {step: sum(model.step == step for model in models.models) for step in SIGNS}
        screen.line(", ".join(f"{count} {step}" for step, count in counts.items() if count), style="bold")
