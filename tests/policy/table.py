"""The evaluator's cases: read from cases/*.yaml, each as a request with its policies and the documented answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lakewright.errors import SpecError
from lakewright.policy.context import Context
from lakewright.policy.documents import read_policy
from lakewright.policy.iam import Level, Policies, ResourcePolicy, decide
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Policy, Request

FOLDER = Path(__file__).parent / "cases"
ACCOUNT = "111111111111"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@dataclass(frozen=True)
class Case:
    """One row: `row` is what the file says."""

    topic: str
    source: str
    row: Mapping[str, Any]

    @property
    def what(self) -> str:
        return str(self.row["what"])

    @property
    def expected(self) -> str:
        return str(self.row["answer"])

    def answer(self) -> str:
        """The evaluator's: Allow, Deny, Unknown, or `refused` when a document is not valid."""
        return self.outcome()[0]

    def outcome(self) -> tuple[str, str, str]:
        """Answer, explicit or implicit, deciding layer."""
        try:
            request, policies = self.request(), self.policies()
        except SpecError:
            return "refused", "", ""
        found = decide(request, policies)
        return (
            found.answer.value,
            "explicit" if found.explicit else "implicit",
            found.layer.value if found.layer else "",
        )

    def request(self) -> Request:
        row = self.row
        context = Context.of(row.get("context", {}), complete=row.get("complete", True))
        resource = row.get("resource", "arn:aws:s3:::lake/home/ana/a")
        return Request(caller(row.get("caller", "ana")), row.get("action", "s3:GetObject"), resource, context)

    def policies(self) -> Policies:
        row = self.row
        layer = Layer.TRUST if row.get("trust") else Layer.RESOURCE
        attached = self._policy(layer, row["resource_policy"]) if "resource_policy" in row else None
        return Policies(
            identity=self._identity(),
            boundary=self._policy(Layer.BOUNDARY, row["boundary"]) if "boundary" in row else None,
            session=(self._policy(Layer.SESSION, row["session"]),) if "session" in row else None,
            resource=ResourcePolicy(row.get("owner", ACCOUNT), attached, exclusive=row.get("exclusive", False)),
            service_controls=self._groups(Layer.SERVICE_CONTROL, row.get("service_controls", ())),
            resource_controls=self._groups(Layer.RESOURCE_CONTROL, row.get("resource_controls", ())),
        )

    def _identity(self) -> tuple[Policy, ...]:
        row = self.row
        if "when" in row:
            return (self._policy(Layer.IDENTITY, [{**EVERYTHING, "Condition": row["when"]}]),)
        if "deny-when" in row:
            denial = {**EVERYTHING, "Effect": "Deny", "Condition": row["deny-when"]}
            return (self._policy(Layer.IDENTITY, [EVERYTHING, denial]),)
        if "statement" in row or "statements" in row:
            return (self._policy(Layer.IDENTITY, row.get("statements", [row.get("statement")])),)
        given = [EVERYTHING] if row["identity"] == "all" else row["identity"]
        return tuple(self._policy(Layer.IDENTITY, [statement]) for statement in given)

    def _groups(self, layer: Layer, groups: Sequence[Sequence[Any]]) -> tuple[Level, ...]:
        return tuple(
            Level(f"level {place}", tuple(self._policy(layer, [statement]) for statement in group))
            for place, group in enumerate(groups)
        )

    def _policy(self, layer: Layer, statements: Sequence[Any]) -> Policy:
        version = self.row.get("version", "2012-10-17")
        document = {"Statement": list(statements)} | ({"Version": version} if version else {})
        return read_policy(document, layer, layer.value)


def caller(name: str) -> Caller:
    """`ana` a user, `analyst` a role's session, `root`, `anonymous`, a service by its dots, or a provider's ARN."""
    match name:
        case "root":
            return Caller.root(ACCOUNT)
        case "ana":
            return Caller.user(f"arn:aws:iam::{ACCOUNT}:user/ana")
        case "analyst":
            return Caller.session(f"arn:aws:iam::{ACCOUNT}:role/analyst", "today")
        case "anonymous":
            return Caller.anonymous()
    return Caller.federated(name) if name.startswith("arn:") else Caller.service(name)


def cases() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8")):
            for row in group["cases"]:
                yield Case(path.stem, group["source"], {**group.get("defaults", {}), **row})
