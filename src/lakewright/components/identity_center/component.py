"""Decides permission sets, groups, people and who gets what in which account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lakewright.components.component import Call, Component, Context, File, Value
from lakewright.components.identity_center.policies import USER_TAG, analyst, deployer, engineer
from lakewright.components.identity_center.settings import PermissionSet, Settings
from lakewright.components.people import group_names, people
from lakewright.components.statements import Statement, permission_set
from lakewright.errors import Mistakes, SpecError
from lakewright.spec.layers import did_you_mean

_MANAGED = "arn:aws:iam::aws:policy/"


def _call(context: Context, _name: str, settings: Settings) -> Call:
    """Raises Mistakes LW1392: people without address, names alike, personas without group, unknown groups."""
    persons, groups = people(context.project), group_names(context.project)
    mistakes = [*_mistakes(context, settings, groups, tuple(person.name for person in persons))]
    if mistakes:
        raise Mistakes(mistakes)
    files: dict[str, str | bytes] = {}
    sets: dict[str, Value] = {}
    for name, one in settings.permission_sets.items():
        said = _statements(context, settings, one)
        if said:
            files[f"permission-set-{name}.json"] = permission_set(*said)
        inline = {"inline_policy": File(f"permission-set-{name}.json")} if said else {}
        sets[name] = {
            "name": name,
            "description": one.description or name,
            "session_duration": f"PT{one.hours}H",
            "managed_policies": sorted(_managed(one)),
            **inline,
        }
    inputs: dict[str, Value] = {
        "permission_sets": sets,
        "groups": {name: {"display_name": name} for name in groups},
        "users": {
            person.name: {
                "user_name": person.name,
                "given_name": person.given_name,
                "family_name": person.family_name,
                "display_name": person.display_name,
                "email": person.email,
                "groups": list(person.groups),
            }
            for person in persons
        },
        "assignments": dict(_assignments(context, settings)),
        "attributes": {USER_TAG: ["${path:userName}"]},
    }
    return Call(inputs, files)


def _statements(context: Context, settings: Settings, one: PermissionSet) -> tuple[Statement, ...]:
    own = tuple(each.statement() for each in one.statements)
    match one.kind:
        case "engineer":
            return (*engineer(context, settings), *own)
        case "analyst":
            return (*analyst(context, settings), *own)
        case "deployer":
            return (*deployer(context), *own)
        case _:
            return own


def _managed(one: PermissionSet) -> Iterator[str]:
    if one.kind == "administrator":
        yield f"{_MANAGED}AdministratorAccess"
    for name in one.managed_policies:
        yield name if name.startswith("arn:") else f"{_MANAGED}{name}"


def _assignments(context: Context, settings: Settings) -> Iterator[tuple[str, Value]]:
    for name, one in settings.permission_sets.items():
        for account in ("", *one.accounts):
            at = context.accounts[account].account if account else context.home.account
            for kind, subjects in (("group", one.groups), ("user", one.users)):
                for subject in subjects:
                    key = "/".join(part for part in (name, subject, account) if part)
                    yield key, {"permission_set": name, kind: subject, "account": at}


def _mistakes(
    context: Context, settings: Settings, groups: tuple[str, ...], users: tuple[str, ...]
) -> Iterator[SpecError]:
    folded: dict[str, str] = {}
    for name, one in settings.permission_sets.items():
        at = f"permission_sets.{name}"
        if (other := folded.setdefault(name.lower(), name)) != name:
            yield SpecError("LW1392", f"permission sets {other} and {name} differ by case only", place=at)
        for known, given, what in ((groups, one.groups, "group"), (users, one.users, "user")):
            for subject in given:
                if subject not in known:
                    hint = did_you_mean(subject, known, f"access: {{{what}s: …}}")
                    yield SpecError("LW1392", f"no {what} {subject} in `access`", place=f"{at}.{what}s", hint=hint)
        for account in one.accounts:
            if account not in context.accounts:
                hint = did_you_mean(account, context.accounts)
                yield SpecError("LW1392", f"no account `{account}`", place=f"{at}.accounts", hint=hint)
        if not (one.statements or one.managed_policies) and one.kind == "own":
            yield SpecError("LW1392", f"{name} permits nothing", place=at, hint="kind: analyst, or statements")


COMPONENT = Component(
    name="identity_center",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("instance_arn", "identity_store_id", "permission_set_arns", "group_ids", "user_ids"),
)
