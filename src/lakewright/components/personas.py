"""Roles that people take: one for each persona, one for each group that a rule names; who they are to the policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lakewright.components.component import Place
from lakewright.errors import SpecError
from lakewright.governance import Principal
from lakewright.spec import Project
from lakewright.spec.access import Access

Attributes = Mapping[str, Mapping[str, tuple[str | int, ...]]]
"""Persona or group → attribute (`tenants`) → values: what conditions call `user.tenants` of this role."""


@dataclass(frozen=True, slots=True)
class PersonaRole:
    """`subject`: the persona or group as the spec has it; `role`: the IAM role's name; `principal`: as rules see it."""

    subject: str
    kind: str
    role: str
    arn: str
    principal: Principal


def kebab(name: str) -> str:
    """`tenant-specific-analyst` of `TenantSpecificAnalyst`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-")


def role_name(place: Place, subject: str) -> str:
    """`shop-lakehouse-dev-tenant-specific-analyst`."""
    return place.name(kebab(subject))


def persona_roles(project: Project, place: Place, attributes: Attributes | None = None) -> tuple[PersonaRole, ...]:
    """All roles, personas first. Raises SpecError LW1325 when two would have one name."""
    access, known = project.platform.access, attributes or {}
    found: dict[str, PersonaRole] = {}
    for kind, subject in _subjects(access):
        role = role_name(place, subject)
        if role in found:
            fact = f"{found[role].subject} and {subject} would both have the role {role}"
            raise SpecError("LW1325", fact, place=project.place("access", "personas"), hint="rename one")
        arn = place.arn("iam", f"role/{role}", regional=False)
        groups = frozenset({subject}) if kind == "group" else frozenset()
        personas = frozenset({subject}) if kind == "persona" else _personas_of(access, subject)
        found[role] = PersonaRole(subject, kind, role, arn, Principal(arn, groups, personas, known.get(subject, {})))
    return tuple(found.values())


def _subjects(access: Access) -> Iterator[tuple[str, str]]:
    for persona in access.personas:
        yield "persona", persona
    named = [subject for grant in access.grants for subject in grant.to]
    named += [subject for deny in access.denies for subject in deny.to]
    for subject in dict.fromkeys(named):
        if subject.startswith("group:"):
            yield "group", subject.removeprefix("group:")


def _personas_of(access: Access, group: str) -> frozenset[str]:
    return frozenset(name for name, persona in access.personas.items() if group in persona.groups)
