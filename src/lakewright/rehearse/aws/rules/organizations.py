"""Organizations and Identity Center: documents, sizes, numbers, and what cannot be named twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from lakewright.policy.statements import Layer
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.iam import read, unknown_prefixes
from lakewright.rehearse.aws.rules.rule import Rule, items, structure, text

_MOST_SCP, _MOST_ATTACHED = 5120, 5
_MOST_PERMISSION_SET = 10_240
_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_SSO = "https://docs.aws.amazon.com/singlesignon/latest/userguide/"


def _service_control(asked: Asked, _: Moto) -> Iterator[str]:
    content = text(asked, "Content")
    if not content or text(asked, "Type") not in ("", "SERVICE_CONTROL_POLICY"):
        return
    if len(content) > _MOST_SCP:
        yield f"The provided policy document is longer than {_MOST_SCP} characters."
    yield from _document(content, Layer.SERVICE_CONTROL)


def _document(content: str, layer: Layer) -> Iterator[str]:
    found = read(content, layer)
    match found:
        case str():
            yield f"The provided policy document does not meet the requirements of the specified policy type. {found}"
        case _:
            yield from unknown_prefixes(found)


def _attached(asked: Asked, moto: Moto) -> Iterator[str]:
    target = text(asked, "TargetId")
    try:
        found = moto.call("organizations", "ListPoliciesForTarget", TargetId=target, Filter="SERVICE_CONTROL_POLICY")
    except Fault:
        return
    ids = {structure(one).get("Id") for one in items(found.get("Policies"))}
    if len(ids | {text(asked, "PolicyId")}) > _MOST_ATTACHED:
        yield f"You have attached the maximum number of policies ({_MOST_ATTACHED}) to {target}."


def _alike(asked: Asked, moto: Moto) -> Iterator[str]:
    name, parent = text(asked, "Name"), text(asked, "ParentId")
    try:
        found = moto.call("organizations", "ListOrganizationalUnitsForParent", ParentId=parent)
    except Fault:
        return
    if any(structure(one).get("Name") == name for one in items(found.get("OrganizationalUnits"))):
        yield "An OU with the same name already exists."


def _management_account(asked: Asked, moto: Moto) -> Iterator[str]:
    """Only the management account changes an organization."""
    try:
        found = moto.call("organizations", "DescribeOrganization")
    except Fault:
        return
    if structure(found.get("Organization")).get("MasterAccountId") != asked.account:
        yield "You don't have permissions to access this resource."


def _inline(asked: Asked, _: Moto) -> Iterator[str]:
    content = text(asked, "InlinePolicy")
    if not content:
        return
    if len(re.sub(r"\s", "", content)) > _MOST_PERMISSION_SET:
        yield f"Inline policy has more than {_MOST_PERMISSION_SET} characters"
    try:
        json.loads(content)
    except ValueError:
        yield "Inline policy is no JSON"
        return
    found = read(content, Layer.IDENTITY)
    match found:
        case str():
            yield f"Policy document is not valid: {found}"
        case _:
            yield from unknown_prefixes(found)


def _person(asked: Asked, _: Moto) -> Iterator[str]:
    for name in ("UserName", "DisplayName"):
        if not text(asked, name):
            yield f"{name} is a required attribute"
    named = structure(asked.parameters.get("Name"))
    if not (named.get("FamilyName") and named.get("GivenName")):
        yield "Name.FamilyName and Name.GivenName are required attributes"
    if any("@" not in str(structure(one).get("Value")) for one in items(asked.parameters.get("Emails"))):
        yield "Email is not valid"


_CHANGES = ("CreateOrganizationalUnit", "CreatePolicy", "AttachPolicy", "CreateAccount", "MoveAccount", "UpdatePolicy")
_QUOTAS = f"{_GUIDE}orgs_reference_limits.html"

ORGANIZATIONS = (
    Rule(
        "a policy's document",
        f"{_GUIDE}orgs_manage_policies_scps_syntax.html",
        ("CreatePolicy", "UpdatePolicy"),
        _service_control,
        "MalformedPolicyDocumentException",
    ),
    Rule("policies of a target", _QUOTAS, ("AttachPolicy",), _attached, "ConstraintViolationException"),
    Rule("units' names", _QUOTAS, ("CreateOrganizationalUnit",), _alike, "DuplicateOrganizationalUnitException"),
    Rule(
        "only the management account",
        f"{_GUIDE}orgs_getting-started_concepts.html",
        _CHANGES,
        _management_account,
        "AccessDeniedException",
    ),
)

SSO = (
    Rule(
        "an inline policy",
        f"{_SSO}limits.html",
        ("PutInlinePolicyToPermissionSet",),
        _inline,
        "ValidationException",
    ),
)

IDENTITY_STORE = (Rule("what a person needs", f"{_SSO}addusers.html", ("CreateUser",), _person, "ValidationException"),)
