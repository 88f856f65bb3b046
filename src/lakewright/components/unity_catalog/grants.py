"""The rules of `access` as grants on catalogs and schemas, which tables to come inherit; the rest as SQL for tables.

Terraform can grant nothing on tables that pipelines make later. So a rule for all of a schema's tables becomes a grant
on the schema, unless a filter, mask or denial concerns one of them: then the tables' own statements do it, after the
filter is set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lakewright.components.component import Context
from lakewright.components.lake_formation.tags import table_facts
from lakewright.governance import Policy, Principal, TableFacts, identities, policy_of
from lakewright.governance.rules import fits
from lakewright.governance.unity_catalog import compile_unity_catalog

Grants = Mapping[str, tuple[str, ...]]
"""Group or user → privileges."""


@dataclass(frozen=True)
class Inherited:
    """Grants of one catalog and, by name, of its schemas."""

    catalog: Grants
    schemas: Mapping[str, Grants]


def inherited(context: Context, catalog: str, schemas: Sequence[str]) -> Inherited:
    """What `access` says of whole schemas. Raises Mistakes LW1010 for what Unity Catalog cannot express."""
    policy = policy_of(context.project)
    whole = replace(
        policy, grants=tuple(one for one in policy.grants if not one.is_partial), denies=(), filters=(), masks=()
    )
    every = [TableFacts(f"{schema}.*", {"any": "string"}) for schema in schemas]
    targets = context.project.platform.access.targets
    state = compile_unity_catalog(whole, _people(context, policy), every, targets, datetime.now(UTC), catalog)
    on_catalog: dict[str, set[str]] = {}
    on_schemas: dict[str, dict[str, set[str]]] = {schema: {} for schema in schemas}
    for grant in state.grants:
        privileges = {name.replace(" ", "_") for name in grant.privileges}
        if grant.securable == "CATALOG":
            on_catalog.setdefault(grant.principal, set()).update(privileges)
            continue
        schema = grant.name.split(".")[1]
        if grant.securable == "TABLE" and _is_limited(policy, schema):
            privileges -= {"SELECT", "MODIFY"}
        on_schemas[schema].setdefault(grant.principal, set()).update(privileges)
    return Inherited(_sorted(on_catalog), {schema: _sorted(found) for schema, found in on_schemas.items()})


def table_statements(context: Context, catalog: str) -> str:
    """SQL for the tables of the platform's models: filters and masks first, then grants. Empty without models."""
    tables = table_facts(context)
    if not tables:
        return ""
    policy, targets = policy_of(context.project), context.project.platform.access.targets
    state = compile_unity_catalog(policy, _people(context, policy), tables, targets, datetime.now(UTC), catalog)
    return "".join(f"{statement};\n" for statement in state.as_dict()["statements"])


def _people(context: Context, policy: Policy) -> list[Principal]:
    return list(identities(context.project.platform.access, policy).values())


def _is_limited(policy: Policy, schema: str) -> bool:
    """Whether a rule shows less than whole tables of the schema."""
    rules = (*policy.denies, *policy.filters, *policy.masks)
    partial = [one for one in policy.grants if one.is_partial]
    patterns = [pattern for rule in (*rules, *partial) for pattern in rule.on]
    return any(fits(pattern.partition(".")[0], schema) for pattern in patterns)


def _sorted(found: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {who: tuple(sorted(privileges)) for who, privileges in sorted(found.items()) if privileges}
