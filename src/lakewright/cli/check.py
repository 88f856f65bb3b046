"""`lakewright check`: everything that can be known to be wrong before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import LakewrightError, Mistakes, ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.cli.workspace import Workspace
    from lakewright.ingest.settings import IngestSettings
    from lakewright.ingest.sources.postgres.findings import Finding

Schemas = dict[str, Mapping[str, str]]


@dataclass
class Checked:
    """What was looked at, and what is wrong with it."""

    problems: list[LakewrightError] = field(default_factory=list)
    findings: list[tuple[str, Finding]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    models: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    stacks: dict[str, int] = field(default_factory=dict)
    schemas: Schemas | None = field(default_factory=dict)


@verb("check", example="lakewright check\nlakewright check --offline --json")
@click.option("--offline", is_flag=True, help="Leave the source databases out: spec and models only.")
def command(invocation: Invocation, offline: bool) -> Report:
    """Check the spec, the models and the sources; says what to run to fix each problem.

    Nothing is changed. Exit code 1 when something must be fixed first, 2 when the spec or a model is wrong.
    """
    from lakewright.cli.init import write_schema
    from lakewright.cli.workspace import Workspace

    workspace = Workspace(invocation.project())
    write_schema(workspace.project.root)
    checked = Checked()
    for name in workspace.project.platform.sources:
        _source(workspace, name, checked, offline=offline)
    _models(workspace, checked)
    _environments(workspace, checked)
    data: dict[str, Any] = {
        "platform": workspace.project.platform.platform,
        "models": checked.models,
        "tables": checked.tables,
        "stacks": checked.stacks,
        "findings": [_finding(source, found) for source, found in checked.findings],
        "notes": checked.notes,
    }
    return Report(
        data, lambda screen: _show(screen, workspace, checked), ok=not checked.problems, problems=checked.problems
    )


def _environments(workspace: Workspace, checked: Checked) -> None:
    """Compiles each environment that names an account and a region; nothing is written."""
    from lakewright.infra.compile import compile_environment

    project = workspace.project
    for name, environment in project.platform.environments.items():
        if name == "local":
            continue
        if not project.platform.infra.stacks:
            checked.notes.append(f"environment {name} has no stacks: there is no Terraform of it to check")
            continue
        if not (environment.account and environment.region):
            checked.notes.append(f"environment {name} names no account and region: its Terraform is not checked")
            continue
        try:
            checked.stacks[name] = len(compile_environment(project, name).stacks)
        except LakewrightError as error:
            known = {str(problem) for problem in checked.problems}
            found = error.mistakes if isinstance(error, Mistakes) else (error,)
            checked.problems += [mistake for mistake in found if str(mistake) not in known]


def _source(workspace: Workspace, name: str, checked: Checked, *, offline: bool) -> None:
    from lakewright.ingest.sources.postgres.catalog import read_catalog
    from lakewright.ingest.sources.postgres.prerequisites import Plan, check_source

    source = workspace.project.platform.sources[name]
    try:
        mapping = workspace.mapping(source)
        if offline:
            checked.schemas = None
            return
        if source.replication == "dms":
            _dms_source(workspace, name, checked)
            return
        settings = workspace.ingest_settings(name)
        with workspace.connection(name) as connection:
            found = check_source(connection, mapping, Plan(settings.slot, settings.slot, settings.tenant))
            transforms = _readable(mapping, read_catalog(connection, mapping.selects))
            if not any(finding.code == "LW219" and finding.severity == "error" for finding in found):
                checked.problems += _slot_problems(workspace, settings, connection)
    except Mistakes as error:
        checked.problems.extend(error.mistakes)
    except LakewrightError as error:
        checked.problems.append(error)
    else:
        checked.tables[name] = len(transforms)
        checked.findings += [(name, finding) for finding in found]
        checked.problems += [_problem(name, finding) for finding in found if finding.severity == "error"]
        if checked.schemas is not None:
            checked.schemas |= _under_both_names(transforms)
        return
    checked.schemas = None


def _slot_problems(workspace: Workspace, settings: IngestSettings, connection: Any) -> Iterator[LakewrightError]:
    """Whether the slot, if there is one, is this lake's, and still has what it needs."""
    from lakewright.bronze.manifest import Manifest
    from lakewright.ingest.claim import slot_problem
    from lakewright.ingest.sources.postgres.slot import read_slot

    if workspace.project.env != "local":
        return
    slot = read_slot(connection, settings.slot)
    state = Manifest(workspace.storage, settings.source).load()
    if problem := slot_problem(workspace.storage, settings, state, slot):
        yield ProblemError(problem.code, problem.fact, place=settings.source, hint=problem.hint)


def _dms_source(workspace: Workspace, name: str, checked: Checked) -> None:
    """Looks at keys and types again, which `run` and `sql` go by. What DMS itself needs is not looked at."""
    from lakewright.cli.dms_source import DmsSource

    source = workspace.manifests[name]
    assert isinstance(source, DmsSource)  # noqa: S101 - by its `replication`
    tables = source.look()
    checked.tables[name] = len(tables)
    checked.notes.append(f"{name} is replicated by DMS, which is not checked; tables without a key are left out")
    if checked.schemas is not None:
        checked.schemas |= _under_both_names({table.name: table.types for table in tables})


def _readable(mapping: Any, tables: Sequence[Any]) -> Schemas:
    """Table → columns, of the tables whose mapping is right."""
    found: Schemas = {}
    for table in tables:
        try:
            transform = mapping.transform_table(table)
        except SpecError:
            continue  # check_source tells it
        found[transform.name] = {column.name: column.type for column in transform.columns}
    return found


def _under_both_names(tables: Schemas) -> Schemas:
    """What models see of Bronze tables: current rows and change log, each with the system columns."""
    from lakewright.bronze.state import SYSTEM_TYPES, log_name, sql_name

    found: Schemas = {}
    for table, columns in tables.items():
        types = SYSTEM_TYPES | dict(columns)
        found |= {sql_name(table): types, log_name(table): types}
    return found


def _problem(source: str, finding: Finding) -> LakewrightError:
    place = f"{source} {finding.table}".strip()
    hint = "; ".join(part for part in (f"run: {finding.fix}" if finding.fix else "", finding.then) if part)
    return ProblemError(finding.code, finding.fact, place=place, hint=hint)


def _finding(source: str, finding: Finding) -> dict[str, str]:
    return {
        "source": source,
        "severity": finding.severity,
        "code": finding.code,
        "table": finding.table,
        "fact": finding.fact,
        "fix": finding.fix,
        "then": finding.then,
    }


def _models(workspace: Workspace, checked: Checked) -> None:
    from lakewright.models import load_models
    from lakewright.models.typed import type_mistakes

    known = None if checked.schemas is None or not workspace.project.platform.sources else set(checked.schemas)
    try:
        partitions = workspace.project.platform.lake.partitions
        models = load_models(workspace.project.model_folders, sources=known, partitions=partitions)
    except Mistakes as error:
        checked.problems.extend(error.mistakes)
        _named_queries(workspace, {}, (), checked)
        return
    checked.models = len(models)
    if checked.schemas is not None:
        checked.problems.extend(type_mistakes(models, checked.schemas))
    _access(workspace, checked)


def _access(workspace: Workspace, checked: Checked) -> None:
    """Rules of `access` that do not fit the tables."""
    from lakewright.cli.access.tables import table_facts
    from lakewright.governance import identities, policy_of
    from lakewright.governance.check import check_policy

    policy = policy_of(workspace.project)
    users = identities(workspace.project.platform.access, policy)
    tables = table_facts(workspace.models, checked.schemas or {})
    blueprint = workspace.project.platform.blueprint
    found = check_policy(policy, tables.values(), users.values(), blueprint=blueprint)
    checked.problems.extend(found.mistakes)
    checked.notes.extend(found.notes)
    databases = [name for name in ("silver", "gold") if checked.models]
    databases += [name for name in ("bronze", "changes") if checked.schemas]
    _named_queries(workspace, {name: one.columns for name, one in tables.items()}, databases, checked)


def _named_queries(
    workspace: Workspace, tables: Mapping[str, Mapping[str, str]], databases: Sequence[str], checked: Checked
) -> None:
    """Reads each query of `query.named_queries`; nothing is run."""
    from lakewright.query.athena.checking import query_mistakes
    from lakewright.query.athena.declared import declared_queries

    for query in declared_queries(workspace.project):
        checked.problems += query_mistakes(query, tables, databases)


def _show(screen: Screen, workspace: Workspace, checked: Checked) -> None:
    platform = workspace.project.platform
    screen.line(f"spec    {platform.platform}: fine, {len(platform.sources)} source(s)")
    for source, count in checked.tables.items():
        screen.line(f"source  {source}: {count} tables")
    if checked.models:
        screen.line(f"models  {checked.models} read")
    for environment, count in checked.stacks.items():
        screen.line(f"infra   {environment}: {count} stacks")
    for note in checked.notes:
        screen.line(f"note    {note}")
    for source, finding in checked.findings:
        if finding.severity != "error":
            screen.line(f"{source}: {finding}", style="yellow" if finding.severity == "warn" else "")
    fixes = [finding.fix for _, finding in checked.findings if finding.severity == "error" and finding.fix]
    if fixes:
        screen.line("Run on the source, as its owner or a superuser:")
        for fix in dict.fromkeys(fixes):
            screen.line(f"  {fix}")
    if not checked.problems:
        screen.line("Nothing stands in the way.", style="green")
