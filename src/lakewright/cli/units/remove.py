"""`lakewright units remove`: a unit goes, in steps that can be repeated."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakewright.cli.infra.working import Choice, at_work, problems_of
from lakewright.cli.output import Invocation, Report, verb
from lakewright.cli.units.kept import book_of, declared_workspaces, workspaces_of, write_book
from lakewright.errors import LakewrightError, ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.components.landscape import Book
    from lakewright.infra.compile import Stack
    from lakewright.spec import Project


@dataclass(frozen=True)
class Removal:
    """What is to go, and how; `whole`: no workspace of the unit stays."""

    unit: str
    workspaces: tuple[str, ...]
    discard: tuple[str, ...]
    plugins: Path | None
    whole: bool

    def is_own(self, stack: Stack) -> bool:
        """Whether a stack goes too: those of its workspaces, and with the last of them the unit's."""
        if stack.whose.get("unit") != self.unit:
            return False
        kind = stack.whose.get("workspace")
        return self.whole if kind is None else f"{self.unit}-{kind}" in self.workspaces


@verb(
    "remove",
    example="lakewright units remove sparky\nlakewright units remove digital --workspace field --yes --json",
)
@click.argument("unit", metavar="UNIT")
@click.option("--workspace", "kinds", metavar="KIND", multiple=True, help="Only this workspace; may be repeated.")
@click.option("--discard", metavar="NAME", multiple=True, help="A bucket or catalog that may go with all it holds.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--plugin-dir", type=click.Path(path_type=Path), help="Folder with Terraform's providers.")
def command(
    invocation: Invocation,
    unit: str,
    kinds: tuple[str, ...],
    discard: tuple[str, ...],
    yes: bool,
    plugin_dir: Path | None,
) -> Report:
    """Remove a unit, or workspaces of it. Refused while a bucket or catalog of it holds data.

    First its own stacks are destroyed, in every environment. Then take it out of the spec, plan and apply: networks and
    neighbours let go of it. Run again, its subnets are given back. Each step can be repeated.
    """
    project = invocation.project()
    book = book_of(project)
    going, every = workspaces_of(project, book, unit, kinds), declared_workspaces(project, unit)
    removal = Removal(unit, going, discard, plugin_dir, whole=set(every) <= {*going, *book.leaving})
    declared = [name for name in going if name in every]
    stays = [name for name in removal.workspaces if name not in book.leaving]
    if lost := [name for name in stays if name not in declared]:
        fact = f"{', '.join(lost)} may still have data and stacks, and is no longer declared"
        hint = f"declare it again, then `lakewright units remove {unit}`"
        raise SpecError("LW1338", fact, place=f"{book.file}:1", hint=hint)
    if stays:
        return _destroyed(invocation, project, removal, yes=yes)
    if declared:
        return _told(project, removal, "destroyed")
    return _released(invocation, project, book, removal)


def _told(project: Project, removal: Removal, step: str) -> Report:
    """What comes next, once its own stacks are gone."""
    place = project.place("units", removal.unit)
    what = removal.unit if removal.whole else ", ".join(removal.workspaces)
    then = [f"take {what} out of the spec ({place})", "plan and apply", f"lakewright units remove {removal.unit}"]
    data = {"unit": removal.unit, "workspaces": list(removal.workspaces), "step": step, "next": then}
    return Report(data, lambda screen: screen.line(f"{', '.join(removal.workspaces)}: {step}. Next: {'; '.join(then)}"))


def _destroyed(invocation: Invocation, project: Project, removal: Removal, *, yes: bool) -> Report:
    """Its own stacks go, if nothing of it holds data and nobody reads it."""
    readers = list(_reading(project, removal))
    if readers:
        return _refused(removal, readers)
    _confirmed(invocation, removal, yes=yes)
    stop = threading.Event()
    every = _environments(project)
    full = [one for name in every for one in _taken_down(invocation, project, name, removal, stop, only_ask=True)]
    if full:
        return _refused(removal, full)
    for name in every:
        if problems := _taken_down(invocation, project, name, removal, stop):
            return _refused(removal, problems)
    today = datetime.now(UTC).date().isoformat()
    write_book(project, book_of(project).marked(removal.workspaces, today))
    return _told(project, removal, "destroyed")


def _taken_down(
    invocation: Invocation,
    project: Project,
    environment: str,
    removal: Removal,
    stop: threading.Event,
    *,
    only_ask: bool = False,
) -> Sequence[LakewrightError]:
    """Why its stacks in an environment cannot go; they go where there is no reason, unless it is `only_ask`."""
    from lakewright.cli.units.asking import full, objects_in, tables_in
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.holdings import holdings
    from lakewright.infra.write import written

    compiled = compile_environment(project, environment)
    own = [stack for stack in compiled.stacks if removal.is_own(stack)]
    names = tuple(stack.name for stack in own)
    if not names:
        return ()
    if stop.is_set():
        fact = "interrupted before its stacks were looked at"
        raise ProblemError("LW1356", fact, place=environment, hint="run the same command again")
    written(compiled, project.root / "infra")
    with at_work(invocation, project, Choice(environment, names, removal.plugins, down=True), stop) as stacks:
        states = stacks.states
        found = holdings(own, {name: states.of(name) for name in names})
        accounts = project.platform.environments[environment].accounts
        asks = {"bucket": objects_in(accounts, compiled.place.region), "catalog": tables_in()}
        problems = list(full(found, asks, removal.discard))
        if problems or only_ask:
            return problems
        return problems_of(stacks.take_down())


def _released(invocation: Invocation, project: Project, book: Book, removal: Removal) -> Report:
    """Its subnets are given back, once no network has them any more."""
    from lakewright.infra.compile import compile_environment
    from lakewright.infra.holdings import subnets
    from lakewright.infra.write import written

    freed = {cidr: key for name in removal.workspaces for key, cidr in book.places_of(name).items()}
    problems = list(_undeclared(project, book, set(freed.values())))
    for environment in _environments(project):
        compiled = compile_environment(project, environment)
        networks = [stack.name for stack in compiled.stacks if "network" in stack.whose]
        written(compiled, project.root / "infra")
        with at_work(invocation, project, Choice(environment, plugins=removal.plugins)) as stacks:
            states = stacks.states
            for name in networks:
                for cidr in sorted(subnets(states.of(name)) & freed.keys()):
                    fact = f"the subnet {freed[cidr]} ({cidr}) is still there in {environment}"
                    hint = f"lakewright plan {environment} && lakewright apply {environment}"
                    problems.append(ProblemError("LW1377", fact, place=name, hint=hint))
    if problems:
        return _refused(removal, problems)
    now = book_of(project)
    if kept := [name for name in removal.workspaces if name in now.workspaces.keys() - now.leaving]:
        raise SpecError("LW1338", f"{kept[0]} was kept meanwhile", place=f"{now.file}:1", hint="declare it again")
    write_book(project, now.released(now.leaving & set(removal.workspaces)))
    data = {"unit": removal.unit, "workspaces": list(removal.workspaces), "step": "released", "subnets": sorted(freed)}
    said = f"{', '.join(removal.workspaces)}: gone; {len(freed)} subnets are given back"
    return Report(data, lambda screen: screen.line(said))


def _undeclared(project: Project, book: Book, keys: set[str]) -> Iterator[LakewrightError]:
    """LW1377 for networks that hold subnets of these keys and whose stacks are not compiled any more."""
    for network, places in book.subnets.items():
        if network not in project.platform.landscape.networks and keys & places.keys():
            fact = f"network {network} is no longer declared, and may stand"
            hint = "declare it again; give the subnets back first, then destroy its stack"
            yield ProblemError("LW1377", fact, place=project.place("landscape", "networks"), hint=hint)


def _refused(removal: Removal, problems: Sequence[LakewrightError]) -> Report:
    data = {"unit": removal.unit, "workspaces": list(removal.workspaces), "step": "refused"}
    return Report(data, lambda _: None, ok=False, problems=problems)


def _reading(project: Project, removal: Removal) -> Iterator[LakewrightError]:
    """LW1375 for units that read it, and for what it reads: bindings are part of the catalog that is read."""
    units = project.platform.units
    if not removal.whole:
        yield from _reading_there(project, removal)
        return
    after = "take it out there, plan and apply; then remove the unit"
    for name, unit in units.items():
        if removal.unit in unit.reads:
            place = project.place("units", name, "reads")
            yield ProblemError("LW1375", f"{name} reads {removal.unit}", place=place, hint=after)
    for other in units[removal.unit].reads:
        fact = f"{removal.unit} reads {other}, whose catalog is bound to its workspaces"
        place = project.place("units", removal.unit, "reads")
        yield ProblemError("LW1375", fact, place=place, hint=after)


def _reading_there(project: Project, removal: Removal) -> Iterator[LakewrightError]:
    """LW1375 for workspaces of other units that read one which goes: they are of the same kind."""
    for name, unit in project.platform.units.items():
        for kind in unit.workspaces if removal.unit in unit.reads else ():
            if (read := f"{removal.unit}-{kind}") in removal.workspaces:
                place = project.place("units", name, "reads")
                hint = f"take it out there, or remove {name}-{kind} before; plan and apply"
                yield ProblemError("LW1375", f"{name}-{kind} reads {read}", place=place, hint=hint)


def _environments(project: Project) -> list[str]:
    return [name for name, one in project.platform.environments.items() if one.account and one.region]


def _confirmed(invocation: Invocation, removal: Removal, *, yes: bool) -> None:
    """Raises unless somebody said that it is meant."""
    if yes:
        return
    if invocation.json or not sys.stdin.isatty():
        raise SpecError("LW900", "nobody can be asked here", hint="--yes says that it is meant")
    said = click.prompt(
        f"The stacks of {', '.join(removal.workspaces)} are destroyed. The unit's name, to go on", err=True
    )
    if said != removal.unit:
        raise ProblemError("LW1364", f'"{said}" is not "{removal.unit}": nothing was done')
