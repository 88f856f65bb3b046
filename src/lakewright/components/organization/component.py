"""Decides units, accounts and what service control policies say, and refuses what would lock or leave open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lakewright.components.component import Call, Component, Context, File, Value
from lakewright.components.organization.settings import Account, Policy, Settings
from lakewright.components.organization.statements import statements
from lakewright.components.statements import control
from lakewright.errors import Mistakes, SpecError
from lakewright.spec.layers import did_you_mean

ROOT = "root"
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
MOST = 4
"""Policies at one target, besides FullAWSAccess (Organizations User Guide, "Quotas for AWS Organizations")."""


def _call(context: Context, _name: str, settings: Settings) -> Call:
    mistakes = [*_unit_mistakes(settings), *_account_mistakes(context, settings), *_policy_mistakes(context, settings)]
    if mistakes:
        raise Mistakes(mistakes)
    files = {
        f"scp-{key}.json": control(*statements(context, policy, f"policies.{key}"))
        for key, policy in settings.policies.items()
    }
    inputs: dict[str, Value] = {
        "create": settings.create,
        "service_access": sorted(settings.service_access),
        "units": {
            key: {"name": unit.name or key.replace("-", " ").capitalize(), "parent": unit.parent or ""}
            for key, unit in settings.units.items()
        },
        "accounts": {key: _account(context, key, account) for key, account in settings.accounts.items()},
        "policies": {
            key: {
                "name": f"{context.place.platform}-{key}",
                "description": policy.description or f"What applies to {', '.join(policy.targets)}",
                "content": File(f"scp-{key}.json"),
                "targets": list(policy.targets),
            }
            for key, policy in settings.policies.items()
        },
    }
    return Call(inputs, files)


def _account(context: Context, key: str, account: Account) -> dict[str, Value]:
    found: dict[str, Value] = {
        "name": account.name or f"{context.place.platform}-{key}",
        "email": account.email,
        "unit": account.unit or "",
    }
    place = context.home if account.own else context.accounts.get(key)
    return found | ({"id": place.account} if place else {})


def _unit_mistakes(settings: Settings) -> Iterator[SpecError]:
    yield from _alike(settings.units, "units", "units")
    for key, unit in settings.units.items():
        if unit.parent is None:
            continue
        if unit.parent not in settings.units:
            hint = did_you_mean(unit.parent, settings.units)
            yield SpecError("LW1391", f"no unit `{unit.parent}`", place=f"units.{key}.parent", hint=hint)
        elif settings.units[unit.parent].parent:
            fact = f"`{key}` would be on the third level"
            yield SpecError("LW1391", fact, place=f"units.{key}.parent", hint="units are on two levels here")


def _account_mistakes(context: Context, settings: Settings) -> Iterator[SpecError]:
    """SCPs do not bind the management account (Organizations User Guide, "Service control policies")."""
    yield from _alike(settings.accounts, "accounts", "accounts")
    for key, account in settings.accounts.items():
        at = f"accounts.{key}"
        if account.email is None or not _ADDRESS.fullmatch(account.email):
            written = f': "{account.email}" is none' if account.email else ""
            fact = f"the account `{key}` has no e-mail address{written}"
            yield SpecError("LW1391", fact, place=at, hint="email: aws+analytics@example.com, one that no account has")
        if account.unit is not None and account.unit not in settings.units:
            yield SpecError(
                "LW1391", f"no unit `{account.unit}`", place=at, hint=did_you_mean(account.unit, settings.units)
            )
        place = context.home if account.own else context.accounts.get(key)
        if place is not None and place.account == context.place.account:
            fact = f"`{key}` is the account that manages the organization, and no policy of a unit ever binds it"
            yield SpecError(
                "LW1391", fact, place=at, hint="leave it at the root, and protect what matters in another one"
            )
    addresses = [account.email.lower() for account in settings.accounts.values() if account.email]
    if len(set(addresses)) < len(addresses):
        yield SpecError("LW1391", "two accounts have the same e-mail address", place="accounts")


def _policy_mistakes(context: Context, settings: Settings) -> Iterator[SpecError]:
    known = [ROOT, *settings.units, *settings.accounts]
    counted = dict.fromkeys(known, 0)
    for key, policy in settings.policies.items():
        for index, target in enumerate(policy.targets):
            counted[target] = counted.get(target, 0) + 1
            if target not in known:
                at = f"policies.{key}.targets.{index}"
                yield SpecError("LW1391", f"no unit or account `{target}`", place=at, hint=did_you_mean(target, known))
        yield from _written_mistakes(key, policy)
        regions, own = policy.controls.regions, context.home.region
        if regions and own not in regions and {ROOT, *_own_units(settings)} & set(policy.targets):
            fact = f"everything but {', '.join(regions)} would be denied, and this environment is in {own}"
            yield SpecError("LW1391", fact, place=f"policies.{key}.controls.regions", hint=f"regions: [{own}]")
    for target, number in counted.items():
        if number > MOST:
            fact = f"{number} policies apply to {target}; Organizations takes {MOST} besides FullAWSAccess"
            yield SpecError("LW1391", fact, place="policies", hint="put their statements into one")


def _own_units(settings: Settings) -> Iterator[str]:
    """The environment's own account, the unit that it is in, and the one that this is in."""
    for key, account in settings.accounts.items():
        if account.own:
            yield key
            if account.unit and account.unit in settings.units:
                yield account.unit
                yield settings.units[account.unit].parent or ROOT


def _written_mistakes(key: str, policy: Policy) -> Iterator[SpecError]:
    for index, statement in enumerate(policy.statements):
        if statement.effect == "allow":
            fact = f"{statement.sid} allows: a service control policy gives no permission"
            hint = "effect: deny; FullAWSAccess stays attached, so what is not denied is IAM's to say"
            yield SpecError("LW1391", fact, place=f"policies.{key}.statements.{index}.effect", hint=hint)


def _alike(named: Mapping[str, object], what: str, place: str) -> Iterator[SpecError]:
    seen: dict[str, str] = {}
    for name in named:
        if (folded := name.lower().replace("_", "-")) in seen:
            yield SpecError(
                "LW1391", f"{what} `{seen[folded]}` and `{name}` have almost the same name", place=f"{place}.{name}"
            )
        seen[folded] = name


COMPONENT = Component(
    name="organization",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("id", "root_id", "management_account_id", "unit_ids", "account_ids", "policy_ids"),
)
