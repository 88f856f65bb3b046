"""Who gains and loses what: between the rights as of the last run, which is kept, and the spec as it is now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakewright.cli.output import Screen

if TYPE_CHECKING:
    from lakewright.bronze.state import BronzeState
    from lakewright.cli.workspace import Workspace
    from lakewright.governance import Policy, Principal, TableFacts
    from lakewright.governance.questions import Change, Side
    from lakewright.spec.access import Access

RECORD = "grants.json"
MOST_SHOWN = 40
"""Principals' tables that people are shown; --json has all."""


@dataclass(frozen=True)
class Granted:
    """What changes for whom. `since`: when what it is compared with was in force; empty when nothing is known of it."""

    changes: tuple[Change, ...]
    since: str = ""
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"since": self.since or None, "changes": [asdict(change) for change in self.changes]}


def keep_grants(workspace: Workspace, states: Sequence[BronzeState]) -> None:
    """Keeps the rules and tables of a run, for the next `plan`. The salt of masks is never kept."""
    access = workspace.project.platform.access
    record = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "access": access.model_dump(mode="json", by_alias=True, exclude={"salt"}),
        "tables": [_table_data(facts) for facts in _tables(workspace, states).values()],
    }
    path = _path(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(record) + "\n", encoding="utf-8")
    fresh.replace(path)


def changed_grants(workspace: Workspace, states: Sequence[BronzeState]) -> Granted:
    """What the next run changes, for every user, group and persona. Before the first run nobody has anything."""
    from lakewright.governance.questions import Side, differences

    access = workspace.project.platform.access
    now, at = _side(access, _tables(workspace, states)), datetime.now(UTC)
    kept, notes = _kept(_path(workspace), access)
    if kept is None:
        return Granted(tuple(differences(Side(now.policy, {}, {}), now, at)), notes=notes)
    since, before = kept
    return Granted(() if _same(before, now) else tuple(differences(before, now, at)), since)


def show_grants(screen: Screen, granted: Granted) -> None:
    """Each principal's gains and losses; of a first run only how much it is."""
    from lakewright.cli.access.diff import show_changes

    for note in granted.notes:
        screen.line(f"note  {note}", style="yellow")
    if not granted.changes:
        return
    if not granted.since:
        people = len({change.principal for change in granted.changes})
        tables = len({change.table for change in granted.changes})
        screen.line(
            f"+ grants: {people} users, groups and personas get their first rights, on {tables} tables", style="green"
        )
        return
    screen.line(f"grants, since {granted.since}:", style="bold")
    show_changes(screen, granted.changes[:MOST_SHOWN])
    if len(granted.changes) > MOST_SHOWN:
        screen.line(f"… and {len(granted.changes) - MOST_SHOWN} more, with --json")


def _path(workspace: Workspace) -> Path:
    return workspace.project.state_dir / RECORD


def _tables(workspace: Workspace, states: Sequence[BronzeState]) -> Mapping[str, TableFacts]:
    from lakewright.cli.access.tables import table_facts

    return table_facts(workspace.models, workspace.bronze_schemas(states))


def _kept(path: Path, now: Access) -> tuple[tuple[str, Side] | None, tuple[str, ...]]:
    """When the last run was and what was in force; notes. The salt is today's: it is no matter of who sees what."""
    from pydantic import ValidationError

    from lakewright.spec.access import Access

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        access = Access.model_validate_json(json.dumps(found["access"]))
    except FileNotFoundError:
        return None, ()
    except (ValueError, KeyError, ValidationError):
        note = f"{path.name} is of another version of Lakewright: grants are compared with none until the next run"
        return None, (note,)
    side = _side(access.model_copy(update={"salt": now.salt}), {one["name"]: _table(one) for one in found["tables"]})
    return (found["at"], side), ()


def _side(access: Access, tables: Mapping[str, TableFacts]) -> Side:
    from lakewright.governance import policy_from_spec
    from lakewright.governance.questions import Side

    policy = policy_from_spec(access, lambda *_path: "")
    return Side(policy, dict(_principals(access, policy)), tables)


def _principals(access: Access, policy: Policy) -> Iterator[tuple[str, Principal]]:
    """Users by name; each persona, and each group, as somebody who has nothing else."""
    from lakewright.governance import identities, persona_principal

    yield from identities(access, policy).items()
    for persona in policy.personas:
        principal = persona_principal(persona)
        yield principal.name, principal
    groups = {group for user in access.users.values() for group in user.groups}
    groups |= {group for persona in access.personas.values() for group in persona.groups}
    named = {name for rules in (policy.grants, policy.denies) for rule in rules for name in rule.to}
    groups |= {name.removeprefix("group:") for name in named if name.startswith("group:")}
    for group in sorted(groups):
        name = f"group:{group}"
        yield name, policy.principal(name, [group])


def _same(one: Side, other: Side) -> bool:
    """Whether nothing can differ, so that nobody need be asked."""
    people = [{name: who.identity for name, who in side.principals.items()} for side in (one, other)]
    tables = [{name: facts.identity for name, facts in side.tables.items()} for side in (one, other)]
    return one.policy.fingerprint == other.policy.fingerprint and people[0] == people[1] and tables[0] == tables[1]


def _table_data(facts: TableFacts) -> dict[str, Any]:
    classes = {column: sorted(names) for column, names in facts.classes.items()}
    return {"name": facts.name, "columns": dict(facts.columns), "classes": classes}


def _table(kept: Mapping[str, Any]) -> TableFacts:
    from lakewright.governance import TableFacts

    classes = {column: frozenset(names) for column, names in kept["classes"].items()}
    return TableFacts(kept["name"], kept["columns"], classes)
