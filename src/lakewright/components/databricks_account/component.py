"""Decides the Databricks account's groups and people, who come from `access`, and whether a metastore is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Value
from lakewright.components.databricks import console
from lakewright.components.people import group_names, people, place_of_group
from lakewright.components.units.workspace import programs as unit_programs
from lakewright.errors import Mistakes, SpecError
from lakewright.spec.access import PersonName
from lakewright.spec.block import Block
from lakewright.spec.layers import did_you_mean
from lakewright.spec.units import GROUP, Login
from lakewright.spec.values import Name, Text

_OWN = frozenset({"admins", "users", "account users"})
"""Groups that Databricks has itself (Databricks on AWS, "Manage groups")."""


class Program(Block):
    """A service principal."""

    groups: tuple[PersonName, ...] = Field(default=(), strict=False, description="Groups that it is in.")
    name: Text | None = Field(default=None, description="Its name; by default platform-environment-key.")
    login: Login | None = Field(
        default=None, description="How it logs in from outside of Databricks; by default it does not."
    )


class Settings(Block):
    """What belongs to the Databricks account and not to one workspace. Groups and users are those of `access`."""

    metastore: Literal["make", "adopt"] = Field(
        default="make",
        description="`adopt` where the account has a metastore in this region already: there can be one only.",
    )
    metastore_name: Text | None = Field(default=None, description="Its name; by default platform-region.")
    owner: PersonName | None = Field(default=None, description="Group or user that owns it; by default who makes it.")
    service_principals: Mapping[Name, Program] = Field(
        default_factory=dict, description="Programs that work in workspaces: a pipeline, a scheduler."
    )


def _call(context: Context, _name: str, settings: Settings) -> Call:
    """Raises Mistakes LW1392: people without address, names alike, groups that Databricks has itself."""
    persons, groups = people(context.project), group_names(context.project)
    if mistakes := [*_mistakes(context, settings, groups)]:
        raise Mistakes(mistakes)
    place = context.place
    metastore: dict[str, Value] = {
        "mode": settings.metastore,
        "name": settings.metastore_name or f"{place.platform}-{place.region}",
        "region": place.region,
    }
    if settings.owner:
        metastore["owner"] = settings.owner
    inputs: dict[str, Value] = {
        "groups": list(groups),
        "users": {one.email: {"display_name": one.display_name, "groups": list(one.groups)} for one in persons},
        "metastore": metastore,
        "force_destroy": not place.strict,
    }
    if programs := {**_own_programs(context, settings), **_unit_programs(context)}:
        inputs["service_principals"] = programs
    return Call(inputs, providers={"databricks": console(context)})


def _own_programs(context: Context, settings: Settings) -> dict[str, Value]:
    return {
        key: {"display_name": one.name or context.place.name(key), "groups": sorted(one.groups), **_login(one.login)}
        for key, one in settings.service_principals.items()
    }


def _unit_programs(context: Context) -> dict[str, Value]:
    """Those of the units, in the groups of their units' personas."""
    platform = context.project.platform
    return {
        key: {
            "display_name": key,
            "groups": sorted(platform.landscape.personas[one].group_in(unit) for one in program.personas),
            **_login(program.login, unit),
        }
        for unit in platform.units
        for key, program in unit_programs(platform.landscape, unit).items()
    }


def _login(login: Login | None, unit: str = "") -> dict[str, Value]:
    if login is None:
        return {}
    found: dict[str, Value] = {
        "issuer": login.issuer,
        "subject": login.subject.replace(GROUP, unit),
        "audiences": list(login.audiences),
    }
    return {"login": found | ({"jwks_json": login.keys} if login.keys else {})}


def _mistakes(context: Context, settings: Settings, groups: tuple[str, ...]) -> Iterator[SpecError]:
    for group in groups:
        if group.lower() in _OWN:
            fact = f"{group} is a group that Databricks has itself"
            place = place_of_group(context.project, group)
            yield SpecError("LW1392", fact, place=place, hint=f"Platform{group.capitalize()}")
    for key, one in settings.service_principals.items():
        for group in one.groups:
            if group not in groups:
                hint = did_you_mean(group, groups, "a group of `access`")
                place = f"service_principals.{key}.groups"
                yield SpecError("LW1392", f"no group {group} in `access`", place=place, hint=hint)


COMPONENT = Component(
    name="databricks_account",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("group_ids", "user_ids", "service_principal_ids", "application_ids", "metastore_id"),
)
