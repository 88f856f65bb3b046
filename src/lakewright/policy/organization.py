"""An organization: its units and accounts, what is attached to them, and what binds an account.

Documentation: AWS Organizations User Guide, "SCP evaluation", "Service control policies" (they do not affect the
management account) and "Resource control policies".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lakewright.errors import SpecError
from lakewright.policy.iam import Level
from lakewright.policy.statements import Layer, Policy


@dataclass(frozen=True, slots=True)
class Node:
    """The root, a unit or an account. `parent` is the id of the node above; empty for the root.

    `controls` and `resource_controls` are attached to it directly; None where that type of policy is not enabled.
    """

    id: str
    name: str
    parent: str = ""
    controls: tuple[Policy, ...] | None = None
    resource_controls: tuple[Policy, ...] | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """`nodes` by id (accounts by their twelve digits); `management` is the id of the management account."""

    id: str
    management: str
    nodes: Mapping[str, Node] = field(default_factory=dict)

    def way(self, account: str) -> tuple[Node, ...]:
        """The nodes from the root to an account; empty for accounts of nobody here.

        Raises SpecError (LW1041) when the units make a ring, or one has a parent that is not there.
        """
        way: list[Node] = []
        at = account if account in self.nodes else ""
        while at:
            node = self.nodes.get(at)
            if node is None or node in way:
                fact = f"{at} is no node" if node is None else f"{node.name} is above itself"
                raise SpecError(
                    "LW1041", f"{fact} of the organization", hint="every unit has one parent, up to the root"
                )
            way.append(node)
            at = node.parent
        return tuple(reversed(way))

    def service_controls(self, account: str) -> tuple[Level, ...]:
        """What binds the principals of an account, from the root down; nothing binds the management account's."""
        return tuple(self._levels(account, Layer.SERVICE_CONTROL))

    def resource_controls(self, account: str) -> tuple[Level, ...]:
        """What binds the resources of an account; nothing binds the management account's."""
        return tuple(self._levels(account, Layer.RESOURCE_CONTROL))

    def _levels(self, account: str, layer: Layer) -> Iterator[Level]:
        if account == self.management:
            return
        for node in self.way(account):
            attached = node.controls if layer is Layer.SERVICE_CONTROL else node.resource_controls
            if attached is not None:
                yield Level(self.said(node), attached)

    def said(self, node: Node) -> str:
        """What a node is, for people."""
        if not node.parent:
            return "the root"
        return f"account {node.name}" if node.id.isdigit() else f"unit {node.name}"

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(node for node in self.nodes if node.isdigit())

    def unbound(self) -> tuple[str, ...]:
        """Units and the root whose policies bind no account: there is none below, or the management account only."""
        bound = {node.id for one in self.accounts if one != self.management for node in self.way(one)}
        return tuple(
            self.said(node)
            for node in self.nodes.values()
            if node.id not in bound and any(_denies(policy) for policy in node.controls or ())
        )

    def organization_path(self, account: str) -> str:
        """`aws:PrincipalOrgPaths` of an account: the ids from the organization to its unit, each with a slash."""
        return "".join(f"{part}/" for part in (self.id, *(node.id for node in self.way(account)[:-1])))


def _denies(policy: Policy) -> bool:
    return any(not statement.allow for statement in policy.statements)
