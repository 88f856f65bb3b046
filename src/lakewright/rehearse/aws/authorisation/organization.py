"""The organization of an AWS that runs, read through its own API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from lakewright.policy.organization import Node, Organization
from lakewright.policy.statements import Layer, Policy
from lakewright.rehearse.aws.authorisation.documents import read_document

Call: TypeAlias = Callable[..., dict[str, Any]]
"""Operation and parameters → the answer, as the management account's administrator gets it."""

_TYPES = {"SERVICE_CONTROL_POLICY": Layer.SERVICE_CONTROL, "RESOURCE_CONTROL_POLICY": Layer.RESOURCE_CONTROL}


def read_organization(call: Call) -> Organization:
    """Units, accounts and what is attached to each. Types of policies that are not enabled bind nobody."""
    found = call("DescribeOrganization")["Organization"]
    root = call("ListRoots")["Roots"][0]
    enabled = {one["Type"] for one in root.get("PolicyTypes", ()) if one["Status"] == "ENABLED"}
    read: dict[str, Policy] = {}
    nodes = {node.id: node for node in _nodes(call, (root["Id"], "root", ""), enabled, read)}
    return Organization(found["Id"], found["MasterAccountId"], nodes)


def _nodes(call: Call, which: tuple[str, str, str], enabled: set[str], read: dict[str, Policy]) -> Iterator[Node]:
    """A node (`which`: id, name, parent) and all below it."""
    ident, name, parent = which
    attached = {
        layer: tuple(_attached(call, ident, kind, layer, read)) if kind in enabled else None
        for kind, layer in _TYPES.items()
    }
    yield Node(ident, name, parent, attached[Layer.SERVICE_CONTROL], attached[Layer.RESOURCE_CONTROL])
    if ident.isdigit():
        return
    for operation, items in (
        ("ListOrganizationalUnitsForParent", "OrganizationalUnits"),
        ("ListAccountsForParent", "Accounts"),
    ):
        for below in _all(call, operation, items, ParentId=ident):
            yield from _nodes(call, (below["Id"], below["Name"], ident), enabled, read)


def _attached(call: Call, target: str, kind: str, layer: Layer, read: dict[str, Policy]) -> Iterator[Policy]:
    for one in _all(call, "ListPoliciesForTarget", "Policies", TargetId=target, Filter=kind):
        if one["Id"] not in read:
            content = call("DescribePolicy", PolicyId=one["Id"])["Policy"]["Content"]
            read[one["Id"]] = read_document(content, layer, one["Name"])
        yield read[one["Id"]]


def _all(call: Call, operation: str, items: str, **parameters: str) -> Iterator[dict[str, Any]]:
    """The items of every page."""
    answer = call(operation, **parameters)
    yield from answer[items]
    while token := answer.get("NextToken"):
        answer = call(operation, NextToken=token, **parameters)
        yield from answer[items]
