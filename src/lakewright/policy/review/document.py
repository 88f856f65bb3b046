"""All findings about one policy document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from lakewright.policy.documents import read_policy
from lakewright.policy.reference import Reference, reference
from lakewright.policy.review.actions import action_findings, resource_findings
from lakewright.policy.review.finding import Finding, Kind
from lakewright.policy.review.keys import key_findings
from lakewright.policy.review.lockouts import lockout_findings
from lakewright.policy.review.scope import Scope
from lakewright.policy.review.values import value_findings
from lakewright.policy.statements import Layer, Policy

_LAYERS = {
    Kind.SERVICE_CONTROL: Layer.SERVICE_CONTROL,
    Kind.PERMISSION_SET: Layer.IDENTITY,
    Kind.IDENTITY: Layer.IDENTITY,
    Kind.RESOURCE: Layer.RESOURCE,
    Kind.TRUST: Layer.TRUST,
}
LONGEST: Mapping[Kind, int] = {Kind.SERVICE_CONTROL: 5120, Kind.PERMISSION_SET: 10_240}
"""Most bytes (AWS Organizations quotas, as sent; IAM Identity Center quotas, without white space)."""


def kind_of(document: Mapping[str, Any]) -> Kind:
    """What a document that nobody named is: by whether it names principals and resources."""
    written = document.get("Statement", ())
    statements = [written] if isinstance(written, Mapping) else list(written)
    if not any(one.keys() & {"Principal", "NotPrincipal"} for one in statements):
        return Kind.IDENTITY
    named = any(one.keys() & {"Resource", "NotResource"} for one in statements)
    return Kind.RESOURCE if named else Kind.TRUST


def review(
    text: str, kind: Kind, name: str, *, databricks: bool = False, facts: Reference | None = None
) -> tuple[Finding, ...]:
    """Mistakes and doubts, in the order of the statements. Pure but for the package's data.

    Raises SpecError or Mistakes for what is no policy.
    """
    policy = read_policy(text, _LAYERS[kind], name)
    found = list(_length(text, kind, policy))
    for statement in policy.statements:
        scope = Scope(statement, kind, facts or reference())
        for findings in (action_findings, resource_findings, key_findings, value_findings):
            found += findings(scope)
        found += lockout_findings(scope, databricks=databricks)
    return tuple(found)


def _length(text: str, kind: Kind, policy: Policy) -> Iterator[Finding]:
    """Of all together; told of the statement with which it becomes too long."""
    most = LONGEST.get(kind)
    if most is None:
        return
    document = json.loads(text)
    small = json.dumps(document, separators=(",", ":"))
    size = len((text if kind is Kind.SERVICE_CONTROL else small).encode())
    if size <= most:
        return
    written = document["Statement"]
    each = [len(json.dumps(one, separators=(",", ":"))) + 1 for one in (written if isinstance(written, list) else [])]
    lengths = accumulate(each, initial=size - sum(each))
    first = next((index - 1 for index, length in enumerate(lengths) if length > most), 0)
    fact = f"it has {size:,} characters; a {kind.value} takes {most:,}, and they end before this statement does"
    yield Finding("LW1039", policy.statements[max(first, 0)].written, fact, "split it")
