"""Service control policies and permission sets of one environment, held against what AWS's services know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from lakewright.errors import Mistakes, SpecError
from lakewright.infra.root_module import Decided
from lakewright.policy.review.finding import Finding, Kind

KINDS = {"scp-": Kind.SERVICE_CONTROL, "permission-set-": Kind.PERMISSION_SET}
"""Beginning of a file's name → what the document in it is."""
_SETTINGS = {"scp-": "policies", "permission-set-": "permission_sets"}
_READY = {
    "OnlyTheseRegions": "regions",
    "OnlyTheseInstances": "instance_types",
    "NotTheseInstances": "no_instance_types",
    "NotTheseServices": "no_services",
    "OnlyTheseServices": "only_services",
}
"""Sid of a ready statement with values of a person → the control."""
_STATEMENT = re.compile(r": Statement\[(\d+)\]")


def policy_mistakes(calls: Mapping[str, Decided]) -> Iterator[SpecError]:
    """Statements that do not do what they say, each at the line of its Sid where a person wrote it."""
    for call, file, finding in policy_findings(calls):
        if finding.sure:
            yield placed(call, file, finding)


def policy_findings(calls: Mapping[str, Decided]) -> Iterator[tuple[Decided, str, Finding]]:
    """Mistakes and doubts, with the call and the file."""
    databricks = any(call.declared.component.name.startswith("databricks") for call in calls.values())
    for call in calls.values():
        for name, text in call.made.files.items():
            kind = next((kind for start, kind in KINDS.items() if name.startswith(start)), None)
            if kind is not None and isinstance(text, str):
                for finding in _findings(text, kind, f"{call.name}/{name}", databricks=databricks):
                    yield call, name, finding


def _findings(text: str, kind: Kind, name: str, *, databricks: bool) -> tuple[Finding, ...]:
    """What the review says; of a document that is no policy, why not."""
    from lakewright.policy.review.document import review  # much to import, and most environments have no policies

    try:
        return review(text, kind, name, databricks=databricks)
    except Mistakes as several:
        return tuple(Finding(one.code, one.place, one.fact, one.hint) for one in several.mistakes)


def placed(call: Decided, file: str, finding: Finding) -> SpecError:
    """The finding as a mistake, at the line where a person wrote the statement."""
    said = finding.error()
    return SpecError(said.code, f"{finding.place}: {said.fact}", place=_line(call, file, finding), hint=said.hint)


def _line(call: Decided, file: str, finding: Finding) -> str:
    """Of the statement's Sid; of `controls` for a ready one, which come before those that a person wrote."""
    start = next(start for start in _SETTINGS if file.startswith(start))
    tree = call.declared.tree
    path = (_SETTINGS[start], file.removeprefix(start).removesuffix(".json"))
    if tree.find(path) is None:
        return call.declared.place
    found = tree.find((*path, "statements"))
    own = found.content if found is not None and isinstance(found.content, list) else []
    place = _STATEMENT.search(finding.place)
    if place is None:
        return str(tree.nearest(path))
    total = len(json.loads(str(call.made.files[file]))["Statement"])
    index = int(place[1]) - (total - len(own))
    if index >= 0:
        return str(tree.nearest((*path, "statements", index, "sid")))
    ready = next((key for sid, key in _READY.items() if finding.place.endswith(f"({sid})")), "")
    return str(tree.nearest((*path, "controls", ready)))
