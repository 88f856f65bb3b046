"""Service control policies and permission sets of one environment, held against what AWS's services know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lakewright.errors import SpecError
from lakewright.infra.root_module import Decided
from lakewright.policy.review.document import review
from lakewright.policy.review.finding import Finding, Kind

KINDS = {"scp-": Kind.SERVICE_CONTROL, "permission-set-": Kind.PERMISSION_SET}
"""Beginning of a file's name → what the document in it is."""
_SID = re.compile(r"\(([A-Za-z0-9]+)\)$")


def policy_mistakes(calls: Mapping[str, Decided]) -> Iterator[SpecError]:
    """Statements that do not do what they say, each at the line of its Sid where a person wrote it."""
    for call, _, finding in policy_findings(calls):
        if finding.sure:
            said = finding.error()
            yield SpecError(said.code, f"{finding.place}: {said.fact}", place=_line(call, finding), hint=said.hint)


def policy_findings(calls: Mapping[str, Decided]) -> Iterator[tuple[Decided, str, Finding]]:
    """Mistakes and doubts, with the call and the file."""
    databricks = any(call.declared.component.name.startswith("databricks") for call in calls.values())
    for call in calls.values():
        for name, text in call.made.files.items():
            kind = next((kind for start, kind in KINDS.items() if name.startswith(start)), None)
            if kind is not None and isinstance(text, str):
                for finding in review(text, kind, f"{call.name}/{name}", databricks=databricks):
                    yield call, name, finding


def _line(call: Decided, finding: Finding) -> str:
    sid = _SID.search(finding.place)
    return call.declared.written(sid[1], "policies") if sid else call.declared.place
