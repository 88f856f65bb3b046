"""What terraform says with `-json`, line by line: events for those who look, and errors that explain themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakewright.errors import LakewrightError, Mistakes, ProblemError
from lakewright.observe import Event, Observer


@dataclass(frozen=True)
class Change:
    """What a plan would do with one resource: `action` is create, update, delete, replace, read, move, import, …"""

    address: str
    action: str
    kind: str


@dataclass(frozen=True)
class Diagnostic:
    """A warning or error of terraform's: where (`file:line`, if it knows) and about which resource."""

    severity: str
    summary: str
    detail: str
    address: str = ""
    place: str = ""


@dataclass
class Said:
    """What one run of terraform has said so far. `did`: add, change, remove as the last summary counted them."""

    stack: str
    observe: Observer
    changes: list[Change] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    did: Mapping[str, int] = field(default_factory=dict)
    outputs: bool = False
    provided: set[str] = field(default_factory=set)
    """Names of the outputs that the state holds after an apply."""
    other: list[str] = field(default_factory=list)
    """Lines that are no JSON: a crash, a wrapper's chatter."""

    def hear(self, line: str) -> None:
        """Takes one line of the stream."""
        try:
            message = json.loads(line)
        except ValueError:
            if line.strip():
                self.other.append(line.rstrip())
            return
        match message:
            case {"type": "planned_change", "change": change}:
                self._change(change)
            case {"type": "change_summary", "changes": changes}:
                self.did = {key: int(changes.get(key, 0)) for key in ("add", "change", "remove", "import")}
                self._tell("infra.summary", {"operation": changes["operation"], **self.did})
            case {"type": "diagnostic", "diagnostic": found}:
                self._diagnostic(found)
            case {"type": "outputs", "outputs": outputs}:
                self.outputs = self.outputs or any(one.get("action", "noop") != "noop" for one in outputs.values())
                self.provided |= {name for name, one in outputs.items() if "action" not in one}
            case {"type": kind, "hook": hook}:
                self._hook(kind, hook)
            case _:
                return

    def _change(self, change: Mapping[str, Any]) -> None:
        resource = change["resource"]
        self.changes.append(Change(resource["addr"], change["action"], resource["resource_type"]))

    def _diagnostic(self, found: Mapping[str, Any]) -> None:
        at = found.get("range") or {}
        place = f"{at['filename']}:{at['start']['line']}" if at else ""
        one = Diagnostic(found["severity"], found["summary"], found.get("detail", ""), found.get("address", ""), place)
        self.diagnostics.append(one)
        if one.severity == "error":
            self._tell("infra.error", {"address": one.address, "error": one.summary}, "error")

    def _hook(self, kind: str, hook: Mapping[str, Any]) -> None:
        state = _HOOKS.get(kind)
        if state is not None:
            fields = {"address": hook["resource"]["addr"], "action": hook.get("action", "read"), "state": state}
            self._tell(
                "infra.resource", fields | {"seconds": hook.get("elapsed_seconds", 0)}, _LEVELS.get(state, "info")
            )

    def _tell(self, name: str, fields: dict[str, Any], level: str = "info") -> None:
        self.observe(Event(name, {"stack": self.stack, **fields}, level))

    @property
    def errors(self) -> list[Diagnostic]:
        return [one for one in self.diagnostics if one.severity == "error"]


_HOOKS = {
    "apply_start": "start",
    "apply_progress": "progress",
    "apply_complete": "done",
    "apply_errored": "failed",
    "refresh_complete": "read",
}
_LEVELS = {"progress": "debug", "read": "debug", "failed": "error"}


_LOCKED = "Error acquiring the state lock"
_CRASHED = ("Plugin did not respond", "Failed to load plugin schemas", "Provider produced invalid", "panic:")

_KNOWN = {
    "limit for metastores in region": "there is one in this region already: account: {metastore: adopt}, in `infra`",
}
"""What services say, in part, → what to do."""


def failure(said: Said, folder: str, command: str, status: int) -> LakewrightError:
    """Why a run of terraform failed, for a person: known causes by name, else terraform's own words."""
    texts = [f"{one.summary}\n{one.detail}" for one in said.errors] + ["\n".join(said.other)]
    for text in texts:
        if _LOCKED in text:
            return _locked(text, said.stack, folder)
    for text in texts:
        if any(sign in text for sign in _CRASHED):
            return _crashed(text, said.stack)
    if any("Saved plan is stale" in text for text in texts):
        fact = "the state has changed since this plan was made"
        return ProblemError("LW1363", fact, place=said.stack, hint="plan again")
    if not said.errors:
        last = said.other[-1] if said.other else f"it ended with status {status} and said nothing"
        return ProblemError("LW1351", f"terraform {command} failed: {last}", place=said.stack)
    problems = [_explained(one, said.stack, command) for one in _distinct(said.errors)]
    return problems[0] if len(problems) == 1 else FailedTogether(problems)


class FailedTogether(Mistakes):
    """Several resources failed in one run; that is a problem met, not a wrong spec."""

    exit_code = 1


def _distinct(errors: Sequence[Diagnostic]) -> Sequence[Diagnostic]:
    return list(dict.fromkeys(errors))


def _explained(one: Diagnostic, stack: str, command: str) -> ProblemError:
    where = " ".join(part for part in (stack, one.address or one.place) if part)
    detail = " ".join(one.detail.split())
    hint = next((hint for sign, hint in _KNOWN.items() if sign in detail or sign in one.summary), "")
    if not hint and command == "plan" and one.place:
        hint = "compile again, or see the rule in AWS's documentation"
    return ProblemError("LW1352", f"{one.summary.strip()}{f': {detail}' if detail else ''}", place=where, hint=hint)


def _locked(text: str, stack: str, folder: str) -> ProblemError:
    facts = dict(re.findall(r"^\s*(ID|Who|Created|Operation):\s*(.+?)\s*$", text, re.MULTILINE))
    if "Who" not in facts:
        return ProblemError("LW1354", f"its state cannot be locked: {' '.join(text.split())}", place=stack)
    what = facts.get("Operation", "").removeprefix("OperationType").lower()
    fact = f"its state is locked by {facts['Who']} since {facts.get('Created', '?')} ({what or 'some operation'})"
    hint = f"wait; if that run is dead: terraform -chdir={folder} force-unlock {facts.get('ID', 'ID')}"
    return ProblemError("LW1354", fact, place=stack, hint=hint)


def _crashed(text: str, stack: str) -> ProblemError:
    provider = re.search(r"terraform-provider-[a-z]+[^\s:\"]*", text)
    signs = [" ".join(line.split()) for line in text.splitlines() if any(sign in line for sign in (*_CRASHED, "panic"))]
    fact = f"the provider {provider.group(0) if provider else ''} crashed: {signs[0]}".replace("  ", " ")
    hint = "nothing is lost: what was made is in the state; run it again, and report it to the provider's authors"
    return ProblemError("LW1353", fact, place=stack, hint=hint)
