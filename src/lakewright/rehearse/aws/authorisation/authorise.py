"""The gate: each request is decided by the policies deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from lakewright.policy.iam import Answer, Level, Policies, ResourcePolicy, decide
from lakewright.policy.organization import Organization
from lakewright.policy.statements import Layer, Policy, Request
from lakewright.rehearse.aws.authorisation.context import caller_of, context_of
from lakewright.rehearse.aws.authorisation.documents import read_document
from lakewright.rehearse.aws.authorisation.encryption import encrypting
from lakewright.rehearse.aws.authorisation.needs import Need
from lakewright.rehearse.aws.authorisation.passing import passing
from lakewright.rehearse.aws.authorisation.state import Held, IamState
from lakewright.rehearse.aws.authorisation.tables import needs
from lakewright.rehearse.aws.authorisation.words import refusal
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Gate, Moto

_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_ADMINISTRATOR = read_document({"Statement": _EVERYTHING}, Layer.IDENTITY, "root")
_WRITES: Mapping[str, frozenset[str]] = {
    "athena": frozenset({"CreateWorkGroup", "DeleteWorkGroup"}),
    "glue": frozenset({"PutResourcePolicy", "DeleteResourcePolicy"}),
    "kms": frozenset({"CreateKey", "PutKeyPolicy", "CreateAlias", "UpdateAlias", "DeleteAlias"}),
    "s3": frozenset(
        [
            "CreateBucket",
            "DeleteBucket",
            "PutBucketPolicy",
            "DeleteBucketPolicy",
            "PutBucketEncryption",
            "DeleteBucketEncryption",
        ]
    ),
    "secretsmanager": frozenset(
        ["CreateSecret", "UpdateSecret", "DeleteSecret", "RestoreSecret", "PutResourcePolicy", "DeleteResourcePolicy"]
    ),
    "sns": frozenset({"CreateTopic", "SetTopicAttributes", "DeleteTopic"}),
}
"""Operations after which who may do what is another; all of IAM's that do not read are."""

_READS = ("Describe", "Get", "List", "Simulate")
_BY_ALIAS = ("Describe", "Encrypt", "Decrypt", "Generate")
"""Operations on a key that may be named by an alias; others with an alias are about the alias."""


def authorised(moto: Moto) -> Gate:
    """Refuses what the policies in `moto` do not allow, in AWS's words. Raises Fault."""
    state = IamState(moto)

    def gate(asked: Asked) -> None:
        if _changes_permissions(asked):
            state.forget(asked.service)
        held = Held(asked.principal, "", (_ADMINISTRATOR,)) if asked.is_root else state.held(asked.principal)
        for need in _all_needs(asked, state):
            _check(asked, need, held, state)

    return gate


def _changes_permissions(asked: Asked) -> bool:
    if asked.service in {"iam", "organizations"}:
        return not asked.operation.startswith(_READS)
    return asked.operation in _WRITES.get(asked.service, ())


def _all_needs(asked: Asked, state: IamState) -> Iterator[Need]:
    """With names turned into ARNs, the roles that are passed, and keys that services use for the caller."""
    for need in needs(asked):
        yield _resolved(need, asked, state)
    yield from passing(asked)
    yield from encrypting(asked, state)


def _resolved(need: Need, asked: Asked, state: IamState) -> Need:
    if asked.service == "iam" and ":role/" in need.resource and asked.operation != "CreateRole":
        return replace(need, resource=state.held(need.resource).arn)  # IAM's own, which may have a path
    if need.policed is None or need.policed[0] not in {"key", "secret"}:
        return need
    kind, name = need.policed
    if kind == "key" and ":alias/" in name and not asked.operation.startswith(_BY_ALIAS):
        return Need(need.action, need.resource, need.values, need.absent)
    arn = state.resolved(kind, name, asked.account, asked.region)
    return Need(need.action, arn, need.values, need.absent, (kind, arn))


def _check(asked: Asked, need: Need, held: Held, state: IamState) -> None:
    """Raises Fault unless the need is allowed, on its resource or on one of those that may be meant."""
    refused: Fault | None = None
    several = state.workgroups(asked.account, asked.region) if need.any_workgroup else (need.resource,)
    for resource in several:
        decided = _decided(asked, replace(need, resource=resource), held, state)
        if decided is None:
            return
        refused = refused or decided
    if refused is not None:
        raise refused


def _decided(asked: Asked, need: Need, held: Held, state: IamState) -> Fault | None:
    caller, attached = caller_of(asked, held), _attached(asked, need, state)
    if need.policed is not None and need.policed[0] == "key":
        aliases = state.aliases(need.resource, asked.account, asked.region)
        need = replace(need, values={**need.values, "kms:ResourceAliases": aliases})
    owner = attached.account if attached is not None else ""
    organization = state.organization(asked.account)
    context = context_of(asked, need, caller, held, datetime.now(UTC), owner, organization)
    request = Request(caller, need.action, need.resource, context)
    policies = Policies(
        identity=held.identity,
        boundary=held.boundary,
        session=_session(asked),
        resource=attached,
        service_controls=_controls(asked, organization),
        resource_controls=organization.resource_controls(owner or asked.account) if organization else (),
    )
    decision = decide(request, policies)
    return None if decision.answer is Answer.ALLOW else refusal(asked.service, request, decision)


def _controls(asked: Asked, organization: Organization | None) -> tuple[Level, ...]:
    """What binds the caller's account. Its administrator here builds and takes down, as a deployment's role would that
    the organization exempts: no service control policy binds it."""
    return organization.service_controls(asked.account) if organization is not None and not asked.is_root else ()


def _session(asked: Asked) -> tuple[Policy, ...] | None:
    if asked.session is None or not asked.session.policies:
        return None
    return tuple(read_document(text, Layer.SESSION, asked.session.name) for text in asked.session.policies)


def _attached(asked: Asked, need: Need, state: IamState) -> ResourcePolicy | None:
    """The policy on what is asked for; a resource of another account without one allows nobody."""
    if need.policed is not None:
        return state.attached(*need.policed, asked.account, asked.region)
    owner = need.resource.split(":")[4] if need.resource.count(":") >= 5 else ""
    if not owner or owner in {asked.account, "aws"} or "*" in owner:
        return None
    return ResourcePolicy(owner)
