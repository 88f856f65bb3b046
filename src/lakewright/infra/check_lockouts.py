"""Service control policies that deny Terraform its own state, or a whole account that stacks are applied in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakewright.errors import SpecError
from lakewright.infra.calls import Declaration
from lakewright.infra.check_policies import placed
from lakewright.infra.holders import organization_of
from lakewright.infra.root_module import Decided, state_bucket
from lakewright.policy.context import Context
from lakewright.policy.organization import Organization
from lakewright.policy.principals import Caller
from lakewright.policy.review.finding import Finding
from lakewright.policy.statements import Request, Statement
from lakewright.policy.truth import Truth

_STATE = {
    "s3:ListBucket": "",
    "s3:GetObject": "/foundation.tfstate",
    "s3:PutObject": "/foundation.tfstate",
    "s3:DeleteObject": "/foundation.tfstate.tflock",
}
"""What Terraform does with its state → below the environment's folder (Terraform, "Backend type: s3")."""


def lockout_mistakes(call: Decided, declared: Declaration, decided: Mapping[str, Decided]) -> Iterator[SpecError]:
    """Statements of an organization under which nobody could apply this environment any more, at their lines."""
    try:
        organization, bucket = organization_of(call, declared), state_bucket(declared, decided)
    except SpecError:
        return  # told elsewhere: a document that is no policy, a state without a bucket
    for statement, fact in _locking(declared, organization, bucket):
        document, _, place = statement.written.rpartition(": ")
        file = document.rpartition("/")[2]
        hint = f"fewer actions; or ArnNotLike: {{aws:PrincipalArn: [arn:aws:iam::*:role/{_deployer(declared)}]}}"
        yield placed(call, file, Finding("LW1038", f"{call.name}/{file}: {place}", fact, hint))


def _locking(declared: Declaration, organization: Organization, bucket: str) -> Iterator[tuple[Statement, str]]:
    """Each with the reason, once for all accounts that it binds."""
    told: set[str] = set()
    for name in dict.fromkeys(call.account for call in declared.calls.values()):
        account = declared.accounts[name].account
        for level in organization.service_controls(account):
            for statement in (one for policy in level.policies for one in policy.statements):
                if statement.allow or statement.place in told:
                    continue
                whole = statement.always and "*" in statement.actions and not statement.all_but_actions
                denied = () if name or whole else tuple(_denied(statement, declared, bucket))
                if whole or denied:
                    told.add(statement.place)
                    what = "everything" if whole else f"{', '.join(denied)} of Terraform's own state"
                    yield statement, f"it denies {what} in {account}, where this environment is applied"


def _denied(statement: Statement, declared: Declaration, bucket: str) -> Iterator[str]:
    """The requests of Terraform that it denies for certain, whatever is not known of them.

    Nothing is known of the principal: a statement that exempts some is a person's to judge, and passes.
    """
    place, arn = declared.place, f"arn:aws:s3:::{bucket}"
    role = f"arn:aws:iam::{place.account}:role/{_deployer(declared)}"
    keys = Context.of(
        {
            "aws:PrincipalAccount": place.account,
            "aws:RequestedRegion": place.region,
            "aws:ResourceAccount": place.account,
            "aws:SecureTransport": "true",
        }
    )
    for action, key in _STATE.items():
        resource = f"{arn}/{place.environment}{key}" if key else arn
        if statement.applies(Request(Caller.session(role, "terraform"), action, resource, keys)) is Truth.YES:
            yield action


def _deployer(declared: Declaration) -> str:
    return declared.place.name("ci-apply")
