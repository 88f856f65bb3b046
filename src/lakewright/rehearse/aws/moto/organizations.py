"""Organizations: new accounts are those that the local AWS has; more services may have a delegated administrator."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from moto.organizations import utils
from moto.organizations.exceptions import AWSOrganizationsNotInUseException
from moto.organizations.models import FakeDelegatedAdministrator, OrganizationsBackend, organizations_backends

from lakewright.rehearse.aws.moto.additions import refusal, wrap
from lakewright.rehearse.aws.moto.host import ACCOUNTS

MORE = ("cloudtrail", "config", "ram", "securityhub", "sso")
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def install() -> None:
    known = FakeDelegatedAdministrator.SUPPORTED_SERVICES
    known += [name for one in MORE if (name := f"{one}.amazonaws.com") not in known]
    wrap(OrganizationsBackend, "create_account", _create_account)
    wrap(OrganizationsBackend, "delete_organizational_unit", _delete_unit)
    wrap(OrganizationsBackend, "delete_organization", _delete_organization)


def _create_account(original: Callable[..., Any], self: Any, **asked: Any) -> Any:
    """AWS draws a number; here it is one of the local accounts that is in no organization, as long as there is one."""
    if self.org is None:
        raise AWSOrganizationsNotInUseException
    if any(account.email.lower() == asked["Email"].lower() for account in self.accounts):
        raise refusal("FinalizingOrganizationException", "EMAIL_ALREADY_EXISTS")
    taken = {self.org.master_account_id, *organizations_backends.master_accounts}
    free = [one for one in os.environ.get(ACCOUNTS, "").split(",") if one and one not in taken]
    drawn = utils.make_random_account_id
    try:
        if free:
            utils.make_random_account_id = lambda: free[0]
        made = original(self, **asked)
    finally:
        utils.make_random_account_id = drawn
    _administrate(made["CreateAccountStatus"]["AccountId"], asked.get("RoleName") or "OrganizationAccountAccessRole")
    return made


def _administrate(account: str, role: str) -> None:
    """The role by which the management account comes in is an administrator's."""
    from moto.iam.models import iam_backends

    iam = iam_backends[account]["global"]
    if _ADMINISTRATOR not in iam.get_role(role).managed_policies:
        iam.attach_role_policy(_ADMINISTRATOR, role)


def _delete_unit(original: Callable[..., Any], self: Any, **asked: Any) -> Any:
    found = self.get_organizational_unit_by_id(asked["OrganizationalUnitId"])
    inside = [*self.accounts, *self.ou]
    if any(one.parent_id == found.id for one in inside):
        raise refusal("OrganizationalUnitNotEmptyException", "The organizational unit has accounts or units in it.")
    for policy in found.attached_policies:
        policy.attachments.remove(found)
    return original(self, **asked)


def _delete_organization(original: Callable[..., Any], self: Any) -> Any:
    if self.org is not None and any(unit.parent_id is not None for unit in self.ou):
        raise refusal("OrganizationNotEmptyException", "The organization still has organizational units.")
    return original(self)
