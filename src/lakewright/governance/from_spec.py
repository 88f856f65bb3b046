"""Reads a Policy, and the people it is about, from a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from weakref import WeakKeyDictionary

from lakewright.errors import SpecError
from lakewright.governance.masks import Mask
from lakewright.governance.policy import PersonaFacts, Policy
from lakewright.governance.principals import Principal, Privilege
from lakewright.governance.rules import ALL, Classes, Deny, Filter, Grant, MaskRule
from lakewright.spec import Project
from lakewright.spec.access import Access
from lakewright.spec.layers import did_you_mean
from lakewright.spec.rows import parse_rows

PlaceOf = Callable[..., str]


_policies: WeakKeyDictionary[Project, Policy] = WeakKeyDictionary()


def policy_of(project: Project) -> Policy:
    """The policy of a project: the same object whoever asks, so that what it worked out once serves all."""
    found = _policies.get(project)
    if found is None:
        found = _policies[project] = policy_from_spec(project.platform.access, project.place)
    return found


def policy_from_spec(access: Access, place: PlaceOf) -> Policy:
    """The policy that an `access:` block says; `place(*path)` is `file:line` of a value of the spec."""

    def at(*path: str | int) -> str:
        key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
        return f"{place('access', *path)} access{key}"

    return Policy(
        grants=tuple(
            Grant(
                at("grants", number),
                grant.on,
                to=_subjects(grant.to),
                can=_privileges(grant.can),
                columns=grant.columns,
                without=grant.without,
                classes=frozenset(grant.classes),
                rows=None if grant.rows is None else parse_rows(grant.rows),
                starts=grant.starts,
                until=grant.until,
                grantable=grant.with_grant_option,
            )
            for number, grant in enumerate(access.grants)
        ),
        denies=tuple(
            Deny(
                at("denies", number),
                deny.on,
                to=_subjects(deny.to),
                can=_privileges(deny.can),
                columns=deny.columns,
                exempt=_subjects(deny.exempt),
            )
            for number, deny in enumerate(access.denies)
        ),
        filters=tuple(
            Filter(at("filters", number), rule.on, rows=parse_rows(rule.rows), exempt=_subjects(rule.exempt))
            for number, rule in enumerate(access.filters)
        ),
        masks=tuple(
            MaskRule(
                at("masks", number),
                _tables(rule.on) or ("*.*",),
                mask=Mask(rule.kind, access.salt if rule.kind == "hash" else None),
                columns=_pairs(rule.on),
                classes=frozenset(rule.classes),
                exempt=_subjects(rule.exempt),
            )
            for number, rule in enumerate(access.masks)
        ),
        classes=tuple(
            Classes(at("classes", name), _tables(columns), name=name, columns=_pairs(columns))
            for name, columns in access.classes.items()
        ),
        conditions={name: parse_rows(text) for name, text in access.conditions.items()},
        personas={
            name: PersonaFacts(frozenset(persona.groups), frozenset(persona.users), persona.administrator)
            for name, persona in access.personas.items()
        },
    )


def identities(access: Access, policy: Policy) -> Mapping[str, Principal]:
    """The declared users by name, with their groups, personas and attributes."""
    return {name: policy.principal(name, user.groups, user.attributes) for name, user in access.users.items()}


def principal_named(access: Access, policy: Policy, name: str) -> Principal:
    """A declared user, or a persona by its name: someone who has that persona and nothing else.

    Raises SpecError LW1002 when there is neither.
    """
    known = identities(access, policy)
    if name in known:
        return known[name]
    persona = name.removeprefix("persona:")
    if persona in policy.personas:
        return persona_principal(persona)
    names = [*known, *policy.personas]
    hint = "declared: " + (", ".join(names) or "nobody; add `users` under `access`")
    raise SpecError("LW1002", f'no user and no persona "{name}"', hint=did_you_mean(name, names, hint))


def persona_principal(persona: str) -> Principal:
    """Someone who has this persona and nothing else."""
    return Principal(f"persona:{persona}", personas=frozenset({persona}))


def table_classes(pii: Mapping[str, str | None]) -> Mapping[str, frozenset[str]]:
    """Column → classes, from the `pii` of a model's header: `pii: ip address` is of class `pii` and `ip_address`."""
    return {column: frozenset({"pii", "_".join(kind.lower().split())}) for column, kind in pii.items() if kind}


def _subjects(written: Iterable[str]) -> frozenset[str]:
    return frozenset(name if ":" in name or name == "everyone" else f"persona:{name}" for name in written)


def _privileges(written: Iterable[str]) -> frozenset[Privilege]:
    names = set(written)
    return ALL if "all" in names else frozenset(Privilege(name) for name in names)


def _pairs(columns: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """`silver.customer.email` → (`silver.customer`, `email`)."""
    return tuple((table, column) for table, _, column in (name.rpartition(".") for name in columns))


def _tables(columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(table for table, _ in _pairs(columns)))
