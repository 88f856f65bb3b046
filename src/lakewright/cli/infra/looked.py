"""What `plan ENV` sees in the plans themselves: who gains and loses what, and rules that somebody should look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakewright.cli.output import Screen

if TYPE_CHECKING:
    from lakewright.components.component import Place
    from lakewright.governance import TableFacts
    from lakewright.governance.questions import Change
    from lakewright.infra.compile import Compiled
    from lakewright.infra.granted_unity import Privileged
    from lakewright.infra.plans import Saved
    from lakewright.policy.rules.security_groups import Finding
    from lakewright.spec import Project

BESIDE = 4
"""Plans that terraform shows at a time."""
Plan = Mapping[str, Any]
_RIGHTS = ('resource "aws_lakeformation_', 'resource "databricks_grant', 'resource "databricks_workspace_binding')


@dataclass(frozen=True)
class Placed:
    """A finding, with the stack's `file:line`."""

    stack: str
    place: str
    finding: Finding

    def as_dict(self) -> dict[str, Any]:
        rule = asdict(self.finding.rule)
        return {"concern": self.finding.concern, "stack": self.stack, "place": self.place, **rule}


@dataclass(frozen=True)
class Looked:
    """`privileged`: what changes on securables of Unity Catalog; `changes`: what that and Lake Formation's rights come
    to. `unknown`: rights whose holder or place is known only after the apply. `rules`: how many were looked at; None:
    not all."""

    changes: tuple[Change, ...] = ()
    privileged: tuple[Privileged, ...] = ()
    unknown: int = 0
    rules: int | None = None
    findings: tuple[Placed, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "grants": {
                "changes": [asdict(change) for change in self.changes],
                "privileges": [asdict(one) for one in self.privileged],
                "unknown": self.unknown,
            },
            "rules": {"looked_at": self.rules, "findings": [one.as_dict() for one in self.findings]},
        }


def look(
    saved: Mapping[str, Saved], shown: Callable[[str], Plan | None], project: Project, place: Place, only: str | None
) -> Looked:
    """Reads the plans that say something about it: of the changed ones, and all of them for `only` rules."""
    from lakewright.infra import granted, granted_unity
    from lakewright.policy.rules import security_groups

    kinds = granted.KINDS | granted_unity.KINDS
    granting = _stacks(saved, kinds) if only in (None, "grants") else []
    ruling = list(saved) if only == "rules" else _stacks(saved, security_groups.KINDS) if only is None else []
    wanted = [name for name in saved if name in granting or name in ruling]
    with ThreadPoolExecutor(BESIDE) as pool:
        found = zip(wanted, pool.map(shown, wanted), strict=True)
        plans = {name: plan for name, plan in found if plan is not None}
    of_grants, at = [plan for name, plan in plans.items() if name in granting], datetime.now(UTC)
    changes, unknown = granted.granted(of_grants, _tables(project) if granting else {}, _names(project, place), at)
    more, privileged, nameless = granted_unity.granted_unity(of_grants, at)
    audits = {name: security_groups.audit(plan) for name, plan in plans.items() if name in ruling}
    findings = [
        one
        for name, (_, findings) in audits.items()
        for one in _placed(project.root / "infra" / place.environment / name, findings)
    ]
    rules = sum(len(rules) for rules, _ in audits.values()) if only == "rules" else None
    return Looked((*changes, *more), tuple(privileged), unknown + nameless, rules, tuple(findings))


def show_looked(screen: Screen, looked: Looked, environment: str, only: str | None) -> None:
    """Gains and losses; of the rules a line, or all findings for `only` rules."""
    from lakewright.cli.access.diff import show_changes

    if looked.changes or only == "grants":
        screen.line("grants:", style="bold")
        show_changes(screen, looked.changes)
    if looked.privileged:
        _show_privileged(screen, looked.privileged, environment, only)
    if looked.unknown:
        screen.line(f"{looked.unknown} rights whose holder or place is known only after the apply", style="yellow")
    if only == "rules":
        for one in looked.findings:
            screen.line(f"{one.finding.text}", style="red" if one.finding.concern == "open" else "yellow")
            screen.line(f"    {one.place} {one.finding.rule.address}")
            if one.finding.rule.description:
                screen.line(f"    {one.finding.rule.description}", style="dim")
        screen.line(f"{looked.rules} rules of security groups, {_counted(looked.findings)}", style="bold")
    elif looked.findings:
        screen.line(f"security groups: {_counted(looked.findings)}; `lakewright plan {environment} --only rules`")


def _show_privileged(screen: Screen, found: Sequence[Privileged], environment: str, only: str | None) -> None:
    if only is None:
        told = f"{len(found)} changes of privileges in Unity Catalog"
        screen.line(f"{told}; `lakewright plan {environment} --only grants`")
        return
    screen.line("privileges in Unity Catalog:", style="bold")
    for one in found:
        screen.line(f"  {one.principal} on {one.securable}")
        for sign, names, style in (("+", one.gains, "green"), ("-", one.losses, "red")):
            if names:
                screen.line(f"    {sign} {', '.join(names)}", style=style)


def granting_stacks(compiled: Compiled, infra: Path) -> tuple[str, ...]:
    """The stacks that say who may do what with data: by a call, or in a file of somebody's own beside it."""
    granting = {"lake_formation", "lake_grants", "unity_catalog"}
    return tuple(
        stack.name
        for stack in compiled.stacks
        if not granting.isdisjoint(stack.calls.values())
        or any(_grants(path) for path in (infra / compiled.environment / stack.name).glob("*.tf"))
    )


def _grants(path: Path) -> bool:
    text = path.read_text("utf-8")
    return any(one in text for one in _RIGHTS)


def _counted(findings: Sequence[Placed]) -> str:
    words = {
        "open": "open to everybody",
        "undescribed": "without description",
        "addresses": "with addresses where a group would do",
    }
    counts = {what: sum(one.finding.concern == what for one in findings) for what in words}
    return ", ".join(f"{count} {words[what]}" for what, count in counts.items() if count) or "nothing to look at"


def _stacks(saved: Mapping[str, Saved], kinds: frozenset[str]) -> list[str]:
    return [name for name, one in saved.items() if any(change.kind in kinds for change in one.changes)]


def _tables(project: Project) -> Mapping[str, TableFacts]:
    from lakewright.cli.access.tables import table_facts
    from lakewright.cli.workspace import Workspace

    return table_facts(Workspace(project).models, {})


def _names(project: Project, place: Place) -> dict[str, str]:
    """ARN → persona or group of the roles that are ours."""
    from lakewright.components.personas import persona_roles

    return {role.arn: f"{role.kind}:{role.subject}" for role in persona_roles(project, place)}


def _placed(folder: Path, findings: Sequence[Finding]) -> Iterator[Placed]:
    from lakewright.infra.places import place_of

    places: dict[str, str] = {}
    for finding in findings:
        address = finding.rule.address
        if address not in places:
            places[address] = place_of(folder, address)
        yield Placed(folder.name, places[address], finding)
