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
from lakewright.policy.organization import Node, Organization
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Policy, Request

FOLDER = Path(__file__).parent / "cases"
ACCOUNT = "111111111111"
OTHER = "222222222222"
MANAGER = "999999999999"
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
            service_controls=self._levels(Layer.SERVICE_CONTROL),
            resource_controls=self._levels(Layer.RESOURCE_CONTROL),
        )

    def _levels(self, layer: Layer) -> tuple[Level, ...]:
        """The row's own levels, or those of the organization that it describes."""
        kind = "service_controls" if layer is Layer.SERVICE_CONTROL else "resource_controls"
        organization = self.organization()
        if organization is None:
            return self._groups(layer, self.row.get(kind, ()))
        if layer is Layer.SERVICE_CONTROL:
            return organization.service_controls(self.request().caller.account)
        return organization.resource_controls(self.row.get("owner", ACCOUNT))

    def organization(self) -> Organization | None:
        """`nodes`: id → parent, and statements of either type of policy; one policy for each statement."""
        said = self.row.get("organization")
        if said is None:
            return None
        nodes = {
            str(ident): Node(
                str(ident),
                str(ident),
                str(node.get("parent", "")),
                self._attached(Layer.SERVICE_CONTROL, node.get("controls")),
                self._attached(Layer.RESOURCE_CONTROL, node.get("resource_controls")),
            )
            for ident, node in said["nodes"].items()
        }
        return Organization("o-example", str(said.get("management", MANAGER)), nodes)

    def _attached(self, layer: Layer, statements: Sequence[Any] | None) -> tuple[Policy, ...] | None:
        return None if statements is None else tuple(self._policy(layer, [one]) for one in statements)

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


USERS = {"ana": ACCOUNT, "bob": OTHER, "mia": MANAGER}
SESSIONS = {
    "analyst": f"arn:aws:iam::{ACCOUNT}:role/analyst",
    "partner": f"arn:aws:iam::{OTHER}:role/partner",
    "manager": f"arn:aws:iam::{MANAGER}:role/manager",
    "linked": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    "databricks": f"arn:aws:iam::{ACCOUNT}:role/databricks-cross-account",
    "people": f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_DataAnalyst_0123456789abcdef",
}
ROOTS = {"root": ACCOUNT, "other root": OTHER, "manager root": MANAGER}


def caller(name: str) -> Caller:
    """A user, a role's session or a root user by name; `anonymous`; a service by its dots; or a provider's ARN."""
    if name in ROOTS:
        return Caller.root(ROOTS[name])
    if name in USERS:
        return Caller.user(f"arn:aws:iam::{USERS[name]}:user/{name}")
    if name in SESSIONS:
        return Caller.session(SESSIONS[name], "today")
    if name == "anonymous":
        return Caller.anonymous()
    return Caller.federated(name) if name.startswith("arn:") else Caller.service(name)


def cases() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8")):
            for row in group["cases"]:
                yield Case(path.stem, group["source"], {**group.get("defaults", {}), **row})
