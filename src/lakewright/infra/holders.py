"""Who may what by the compiled files of one environment: roles, permission sets, resource policies, organization.

Read from the components' decisions, so what a module writes by itself (a policy that refuses plain HTTP, a role of its
own) is not there: it is said in `left_out`, and a plan has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lakewright.components.component import File, Place, Template
from lakewright.infra.calls import Declaration
from lakewright.infra.root_module import Decided
from lakewright.policy.documents import read_policy
from lakewright.policy.iam import ResourcePolicy
from lakewright.policy.organization import Node, Organization
from lakewright.policy.review.document import kind_of
from lakewright.policy.review.finding import Kind
from lakewright.policy.statements import Layer, Policy
from lakewright.policy.world import ADMINISTRATOR, Gap, Holder, World, administrator, not_read, permission_set_role

ROOT = "root"
_FULL_ACCESS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_TEMPLATE = re.compile(r'"\$\{(\w+)\}')
_WITHIN = re.compile(r"(?<!\$)\$\{(\w+)\}")
_OWN_NAMES = {"data_access": "lake-formation", "target": "bronze"}
"""Inputs `X_policy` of modules that name X's role otherwise."""


def compiled_world(declared: Declaration, decided: Mapping[str, Decided]) -> World:
    """All that the decisions say. Accounts that are not made yet have no number and are left out."""
    found = _Found()
    for call in decided.values():
        place = declared.accounts.get(call.declared.account, declared.place)
        _read_call(found, call, place)
    organization = next(
        (
            organization_of(call, declared)
            for call in decided.values()
            if call.declared.component.name == "organization"
        ),
        None,
    )
    for call in decided.values():
        if call.declared.component.name == "identity_center":
            _read_people(found, call, declared.place)
    return World(
        declared.place.account,
        declared.place.region,
        found.holders,
        found.carriers,
        organization,
        found.person_tags,
        tuple(found.left_out),
    )


@dataclass
class _Found:
    """What one pass over the calls has gathered."""

    holders: dict[str, Holder] = field(default_factory=dict)
    carriers: dict[str, ResourcePolicy] = field(default_factory=dict)
    person_tags: dict[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: list[Gap] = field(default_factory=list)


def policy_of(call: Decided, value: Any, layer: Layer) -> Policy | None:
    """The document that an input holds; what only Terraform will know in it has no value. None for no document."""
    match value:
        case File(name) | Template(name, _):
            text = str(call.made.files[name])
        case _:
            return None
    if isinstance(value, Template):
        text = _TEMPLATE.sub(r'"arn:${lakewright:\1}*', text)
        text = _WITHIN.sub(lambda one: one[0] if ":" in one[1] else "${lakewright:" + one[1] + "}", text)
        text = text.replace("$${", "${")
    if '"Statement"' not in text:
        return None
    document = json.loads(text)
    if layer is Layer.IDENTITY and kind_of(document) is not Kind.IDENTITY:  # an endpoint's or a resource's
        return None
    return read_policy(document, layer, f"{call.declared.stack}/{call.name}/{name}")


def _read_call(found: _Found, call: Decided, place: Place) -> None:
    for path, value in _mappings(call.made.inputs, ()):
        _read_role(found, call, place, path, value)
        _read_bucket(found, call, place, value)
    if call.declared.component.name not in ("organization", "identity_center"):
        roles = [address for address in call.interface.resources if address.startswith("aws_iam_role.")]
        known = [holder for holder in found.holders.values() if holder.identity and _from(holder, call)]
        if len(known) < len(roles):
            found.left_out.append(Gap(f"{call.name}: {len(roles)} roles in its module, {len(known)} read"))


def _from(holder: Holder, call: Decided) -> bool:
    start = f"{call.declared.stack}/{call.name}/"
    return any(policy.name.startswith(start) for policy in holder.identity)


def _mappings(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    match value:
        case Mapping():
            yield path, value
            for key, item in value.items():
                yield from _mappings(item, (*path, str(key)))
        case list() | tuple():
            for item in value:
                yield from _mappings(item, path)
        case _:
            pass


def _read_role(found: _Found, call: Decided, place: Place, path: tuple[str, ...], value: Mapping[str, Any]) -> None:
    for name, documents in _roles(call, path, value):
        identity = tuple(one for document in documents if (one := policy_of(call, document, Layer.IDENTITY)))
        if not identity:
            continue
        trust = policy_of(call, value.get("trust", value.get("trust_policy")), Layer.TRUST)
        limit = policy_of(call, call.made.inputs.get("boundary_policy"), Layer.BOUNDARY)
        given = call.made.inputs.get("boundary_arn") or value.get("permissions_boundary")
        boundary = limit or (not_read(Layer.BOUNDARY, str(given)) if given else None)
        managed = value.get("managed_policies", ())
        more = tuple(_managed(str(arn)) for arn in managed if not isinstance(managed, Mapping))
        arn = f"arn:aws:iam::{place.account}:role/{name}"
        unknown = not_read(Layer.TRUST, f"trust of {name}")
        found.holders[arn] = Holder(arn, "role", name, (*identity, *more), boundary, trust or unknown)


def _roles(call: Decided, path: tuple[str, ...], value: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Names of roles and their documents, in the forms that the modules' inputs have."""
    name = value.get("role_name", value.get("name"))
    many = value.get("policies")
    documents = tuple(many.values()) if isinstance(many, Mapping) else ()
    documents += (value["policy"],) if "policy" in value else ()
    secret = call.declared.component.name == "secrets" and "role_name" not in value
    bucket = "bucket" in value or "alias" in value or secret
    if isinstance(name, str) and documents and not bucket:
        yield name, documents
    if path:
        return
    for key, document in value.items():
        part = key.removesuffix("_policy")
        if part == key or not isinstance(document, File | Template) or part in ("bucket", "key", "boundary", "trust"):
            continue
        own = value.get(f"{part}_role_name")
        if isinstance(own, str):
            yield own, (document,)
        elif isinstance(value.get("name"), str):
            yield f"{value['name']}-{_OWN_NAMES.get(part, part)}", (document,)


def _read_bucket(found: _Found, call: Decided, place: Place, value: Mapping[str, Any]) -> None:
    bucket = value.get("bucket")
    if not isinstance(bucket, str):
        return
    policy = policy_of(call, value.get("bucket_policy", value.get("policy")), Layer.RESOURCE)
    if policy is not None:
        found.carriers[f"arn:aws:s3:::{bucket}"] = ResourcePolicy(place.account, policy)
    else:
        arn = f"arn:aws:s3:::{bucket}"
        found.left_out.append(Gap(f"{call.name}: the policy of the bucket {bucket} is its module's", arn))


def _managed(arn: str) -> Policy:
    return administrator() if arn == ADMINISTRATOR else not_read(Layer.IDENTITY, arn.rpartition("/")[2])


def organization_of(call: Decided, declared: Declaration) -> Organization:
    """The tree with ids by key; accounts by their number, those without one left out."""
    inputs: Mapping[str, Any] = call.made.inputs
    full = read_policy(_FULL_ACCESS, Layer.SERVICE_CONTROL, "FullAWSAccess")
    attached: dict[str, list[Policy]] = {}
    for one in inputs.get("policies", {}).values():
        policy = policy_of(call, one["content"], Layer.SERVICE_CONTROL)
        if policy is not None:
            for target in one["targets"]:
                attached.setdefault(str(target), []).append(policy)

    def node(key: str, ident: str, name: str, parent: str) -> Node:
        return Node(ident, name, parent, (full, *attached.get(key, ())))

    nodes = {ROOT: node(ROOT, ROOT, "root", "")}
    for key, unit in inputs.get("units", {}).items():
        ident = f"unit:{key}"
        nodes[ident] = node(key, ident, unit["name"], f"unit:{unit['parent']}" if unit["parent"] else ROOT)
    for key, account in inputs.get("accounts", {}).items():
        if ident := account.get("id"):
            nodes[ident] = node(key, ident, account["name"], f"unit:{account['unit']}" if account["unit"] else ROOT)
    home = declared.accounts.get(call.declared.account, declared.place).account
    nodes.setdefault(home, Node(home, "management", ROOT, (full,)))
    return Organization("", home, nodes)


def _read_people(found: _Found, call: Decided, place: Place) -> None:
    """Permission sets as the roles that they make in each account, with the people who may use them."""
    inputs: Mapping[str, Any] = call.made.inputs
    users: Mapping[str, Any] = inputs.get("users", {})
    tags: Mapping[str, Any] = inputs.get("attributes", {})
    for key, user in users.items():
        found.person_tags[key] = {tag: user["user_name"] for tag, of in tags.items() if "${path:userName}" in of}
    members: dict[tuple[str, str], set[str]] = {}
    for one in inputs.get("assignments", {}).values():
        group, user = one.get("group"), one.get("user")
        people = {key for key, each in users.items() if group in each["groups"]} if group else {str(user)}
        members.setdefault((one["permission_set"], one["account"]), set()).update(people)
    for (name, account), people in members.items():
        said = inputs["permission_sets"][name]
        inline = policy_of(call, said.get("inline_policy"), Layer.IDENTITY)
        identity = (*([inline] if inline else ()), *(_managed(arn) for arn in said.get("managed_policies", ())))
        arn = permission_set_role(name, account, place.region)
        found.holders[arn] = Holder(arn, "permission set", name, identity, people=tuple(sorted(people)))
