"""Who may what after a saved plan is applied: the compiled files, with what Terraform has worked out put over them.

A plan (`terraform show -json`) has each resource's values; what AWS decides later (ids, most ARNs) is not in it. A
policy that holds such a value is not known yet: it may allow and deny, and decisions that need it are Unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lakewright.policy.documents import read_policy
from lakewright.policy.iam import ResourcePolicy
from lakewright.policy.organization import Node, Organization
from lakewright.policy.statements import Layer, Policy
from lakewright.policy.world import ADMINISTRATOR, Gap, Holder, World, administrator, not_read


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a plan. `uses` are the addresses (`aws_iam_role.this`) that each of its arguments refers to."""

    stack: str
    account: str
    module: str
    type: str
    name: str
    index: str
    values: Mapping[str, Any]
    uses: Mapping[str, tuple[str, ...]]

    @property
    def address(self) -> str:
        return f"{self.module}.{self.type}.{self.name}".removeprefix(".") + (f"[{self.index}]" if self.index else "")


def planned_world(compiled: World, plans: Mapping[str, Mapping[str, Any]], accounts: Mapping[str, str]) -> World:
    """`plans`: stack → terraform's JSON; `accounts`: stack → account. Stacks without a plan stay as compiled."""
    every = [one for stack, plan in plans.items() for one in resources(stack, plan, accounts[stack])]
    holders = dict(compiled.holders)
    holders |= {holder.arn: holder for holder in _roles(every)}
    holders |= {holder.arn: holder for holder in _permission_sets(compiled, every)}
    carriers = {**compiled.carriers, **dict(_carriers(every))}
    organization = _organization(compiled.organization, every)
    left = tuple(Gap(f"stack {stack} has no plan that can be read") for stack in accounts if stack not in plans)
    return replace(compiled, holders=holders, carriers=carriers, organization=organization, left_out=left)


def resources(stack: str, plan: Mapping[str, Any], account: str) -> Iterator[Resource]:
    """Every managed resource that there will be."""
    uses = dict(_uses(plan.get("configuration", {}).get("root_module", {}), ""))
    root = plan.get("planned_values", plan.get("values", {})).get("root_module", {})
    for module in _modules(root):
        for one in module.get("resources", ()):
            if one.get("mode") != "managed":
                continue
            address = str(module.get("address", ""))
            plain = ".".join(part.partition("[")[0] for part in address.split("."))
            kind, name = str(one["type"]), str(one["name"])
            index = str(one.get("index", ""))
            found = uses.get(f"{plain}.{kind}.{name}", {})
            yield Resource(stack, account, address, kind, name, index, one.get("values", {}), found)


def _modules(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield module
    for child in module.get("child_modules", ()):
        yield from _modules(child)


def _uses(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    for one in module.get("resources", ()):
        arguments = {
            name: tuple(value.get("references", ()))
            for name, value in one.get("expressions", {}).items()
            if isinstance(value, Mapping)
        }
        yield f"{prefix}.{one['type']}.{one['name']}", arguments
    for name, call in module.get("module_calls", {}).items():
        yield from _uses(call.get("module", {}), f"{prefix}.module.{name}".removeprefix("."))


def _meant(one: Resource, argument: str, every: Iterable[Resource]) -> Resource | None:
    """The resource that an argument refers to whose value is not known yet: in the same module, by its key."""
    named = {".".join(path.partition("[")[0].split(".")[:2]) for path in one.uses.get(argument, ())}
    beside = [
        other
        for other in every
        if other.module == one.module and other.stack == one.stack and f"{other.type}.{other.name}" in named
    ]
    keys = (one.index, *one.index.split("/"))
    return next(
        (other for key in keys for other in beside if other.index == key), beside[0] if len(beside) == 1 else None
    )


def _document(one: Resource, argument: str, layer: Layer) -> Policy:
    text = one.values.get(argument)
    return read_policy(text, layer, one.address) if text else not_read(layer, one.address)


def _roles(every: list[Resource]) -> Iterator[Holder]:
    identity: dict[str, list[Policy]] = {}
    for one in every:
        if one.type == "aws_iam_role_policy":
            identity.setdefault(_role_of(one, every), []).append(_document(one, "policy", Layer.IDENTITY))
        elif one.type == "aws_iam_role_policy_attachment":
            identity.setdefault(_role_of(one, every), []).append(_attached(one, every))
    for one in every:
        if one.type == "aws_iam_role":
            name, path = str(one.values["name"]), str(one.values.get("path") or "/")
            limit = one.values.get("permissions_boundary")
            boundary = _boundary(str(limit), every) if limit else None
            yield Holder(
                f"arn:aws:iam::{one.account}:role{path}{name}",
                "role",
                name,
                tuple(identity.get(f"{one.account}/{name}", ())),
                boundary,
                _document(one, "assume_role_policy", Layer.TRUST),
                dict(one.values.get("tags_all") or one.values.get("tags") or {}),
            )


def _role_of(one: Resource, every: list[Resource]) -> str:
    name = one.values.get("role")
    role = None if name else _meant(one, "role", every)
    return f"{one.account}/{name or (role.values['name'] if role is not None else '')}"


def _attached(one: Resource, every: list[Resource]) -> Policy:
    """A managed policy: made in the same module, or AWS's own."""
    arn = one.values.get("policy_arn")
    if arn == ADMINISTRATOR:
        return administrator()
    made = _meant(one, "policy_arn", every)
    if made is None and arn:
        made = next(
            (other for other in every if other.type == "aws_iam_policy" and other.values.get("arn") == arn), None
        )
    if made is not None and made.type == "aws_iam_policy":
        return _document(made, "policy", Layer.IDENTITY)
    return not_read(Layer.IDENTITY, str(arn or one.address).rpartition("/")[2])


def _boundary(arn: str, every: list[Resource]) -> Policy:
    name = arn.rpartition("/")[2]
    made = next((one for one in every if one.type == "aws_iam_policy" and one.values.get("name") == name), None)
    return _document(made, "policy", Layer.BOUNDARY) if made is not None else not_read(Layer.BOUNDARY, name)


def _carriers(every: list[Resource]) -> Iterator[tuple[str, ResourcePolicy]]:
    for one in every:
        match one.type:
            case "aws_s3_bucket":
                bucket = one.values.get("bucket")
                policies = [
                    other for other in every if other.type == "aws_s3_bucket_policy" and _same_bucket(one, other, every)
                ]
                policy = _document(policies[0], "policy", Layer.RESOURCE) if policies else None
                if bucket:
                    yield f"arn:aws:s3:::{bucket}", ResourcePolicy(one.account, policy)
            case "aws_kms_key" | "aws_sns_topic" | "aws_sqs_queue" | "aws_secretsmanager_secret":
                if arn := one.values.get("arn"):
                    exclusive = one.type == "aws_kms_key"
                    text = one.values.get("policy")
                    policy = read_policy(text, Layer.RESOURCE, one.address) if text else None
                    yield str(arn), ResourcePolicy(one.account, policy, exclusive)


def _same_bucket(bucket: Resource, policy: Resource, every: list[Resource]) -> bool:
    name = policy.values.get("bucket")
    return name == bucket.values.get("bucket") if name else _meant(policy, "bucket", every) == bucket


def _organization(compiled: Organization | None, every: list[Resource]) -> Organization | None:
    """The compiled tree with the policies and attachments of the plan."""
    policies = {one.index: one for one in every if one.type == "aws_organizations_policy"}
    if compiled is None or not policies:
        return compiled
    full = next((node.controls[:1] for node in compiled.nodes.values() if node.controls), ())
    attached: dict[str, list[Policy]] = {}
    for one in every:
        if one.type == "aws_organizations_policy_attachment":
            key, _, target = one.index.partition("/")
            if key in policies:
                attached.setdefault(target, []).append(_document(policies[key], "content", Layer.SERVICE_CONTROL))
    accounts = {
        str(one.values["name"]): one.index
        for one in every
        if one.type == "aws_organizations_account" and one.values.get("name")
    }

    def keyed(node: Node) -> str:
        return accounts.get(node.name, "") if node.id.isdigit() else node.id.removeprefix("unit:")

    nodes = {
        ident: replace(node, controls=(*full, *attached.get(keyed(node), ()))) for ident, node in compiled.nodes.items()
    }
    return replace(compiled, nodes=nodes)


def _permission_sets(compiled: World, every: list[Resource]) -> Iterator[Holder]:
    """The compiled ones with the plan's inline policies; those that the plan does not have are as compiled."""
    inline = {(one.account, one.index): one for one in every if one.type == "aws_ssoadmin_permission_set_inline_policy"}
    homes = {account for account, _ in inline}
    for holder in compiled.holders.values():
        found = next((inline[home, holder.name] for home in homes if (home, holder.name) in inline), None)
        if holder.kind == "permission set" and found is not None:
            others = tuple(policy for policy in holder.identity if "/permission-set-" not in policy.name)
            yield replace(holder, identity=(_document(found, "inline_policy", Layer.IDENTITY), *others))
