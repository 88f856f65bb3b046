"""What the spec wants of each system: policies and people, before anything is applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lakewright.components.component import Call, Context, Data, Place
from lakewright.components.landscape import Workspace
from lakewright.components.people import named_groups, people
from lakewright.components.personas import Attributes, PersonaRole, persona_roles
from lakewright.components.units.workspace import own_workspace
from lakewright.components.units.workspace import personas as units_personas
from lakewright.governance import Policy, Principal, Privilege, TableFacts, policy_of, table_classes
from lakewright.governance.rules import ALL, EVERY_CLASS, Grant
from lakewright.infra.calls import Declared
from lakewright.infra.compile import context_of, decided_calls
from lakewright.infra.known import known_of
from lakewright.infra.root_module import Decided
from lakewright.models import Models
from lakewright.spec import Project

READS = frozenset({Privilege.SELECT})
WRITES = READS | {Privilege.INSERT, Privilege.UPDATE, Privilege.DELETE, Privilege.CREATE}
MAY: Mapping[str, frozenset[Privilege]] = {"read": READS, "write": WRITES, "own": ALL}
"""What a unit's persona may do with tables."""


@dataclass(frozen=True)
class WantedCatalog:
    """A catalog as the spec has it. `workspaces`: name of each workspace that it is for → the policy seen from there;
    empty when it is open to all, then `policy` holds everywhere. `inherits`: rules on whole schemas are granted there;
    else each table is granted by itself. `schemas`: those that must be there."""

    name: str
    policy: Policy
    workspaces: Mapping[str, Policy] = field(default_factory=dict)
    inherits: bool = True
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True)
class WantedLake:
    """What Lake Formation is to hold in one account: the roles, and what programs of the platform's own get."""

    account: str
    policy: Policy
    roles: tuple[PersonaRole, ...]
    programs: Mapping[str, str]
    """Name → ARN."""
    views: Mapping[str, str]
    """Masked view of a table (`silver.customer`) → the file with its statement."""


@dataclass(frozen=True)
class Wanted:
    """All that one environment wants. `people`: address → the person, or program, as the rules see it."""

    people: Mapping[str, Principal]
    programs: Mapping[str, Principal]
    groups: Mapping[str, Principal]
    catalogs: tuple[WantedCatalog, ...]
    lakes: tuple[WantedLake, ...]
    tables: Mapping[str, TableFacts]


def wanted(project: Project, environment: str) -> Wanted:
    """Reads the spec alone. Raises Mistakes for a wrong one."""
    declared, decided = decided_calls(project, environment)
    policy, known = policy_of(project), known_of(project)
    context = context_of(project, declared, known)
    catalogs: list[WantedCatalog] = []
    for one in decided_of(decided, "unity_catalog"):
        here = context.within(one.declared.account, one.declared.standing.part.whose)
        if (unit := own_workspace(here)) is not None:
            catalogs.append(_unit_catalog(context, unit))
        own = one.declared.settings.catalogs
        catalogs += [_catalog(policy, name, each, one.declared, _workspace(here)) for name, each in own.items()]
    persons = dict(_persons(project, policy)) if decided_of(decided, "databricks_account") else {}
    groups = {name: policy.principal(f"group:{name}", [name]) for name in named_groups(project)}
    lakes = tuple(
        wanted_lake(
            project, context.accounts[one.declared.account], one.name, one.made, one.declared.settings.attributes
        )
        for one in decided_of(decided, "lake_grants")
    )
    programs = dict(_programs(policy, decided))
    return Wanted(persons, programs, groups, tuple(catalogs), lakes, _tables(known.models))


def decided_of(decided: Mapping[str, Decided], component: str) -> list[Decided]:
    return [one for one in decided.values() if one.declared.component.name == component]


def _tables(models: Models) -> dict[str, TableFacts]:
    return {
        name: TableFacts(name, model.schema, table_classes({one.name: one.pii for one in model.columns}))
        for name, model in models.items()
    }


def _persons(project: Project, policy: Policy) -> Iterator[tuple[str, Principal]]:
    """Users by their address."""
    users = project.platform.access.users
    for one in people(project):
        yield one.email, policy.principal(one.name, one.groups, users[one.name].attributes)


def _programs(policy: Policy, decided: Mapping[str, Decided]) -> Iterator[tuple[str, Principal]]:
    """Service principals by their display name."""
    for one in decided_of(decided, "databricks_account"):
        programs: Mapping[str, Any] = one.made.inputs.get("service_principals") or {}  # type: ignore[assignment]
        for program in programs.values():
            yield program["display_name"], policy.principal(program["display_name"], program["groups"])


_BY_PRIVILEGE: Mapping[str, frozenset[Privilege]] = {
    "SELECT": READS,
    "MODIFY": frozenset({Privilege.INSERT, Privilege.UPDATE, Privilege.DELETE}),
    "CREATE_TABLE": frozenset({Privilege.CREATE}),
    "MANAGE": frozenset({Privilege.ALTER, Privilege.DROP}),
    "ALL_PRIVILEGES": WRITES,
}


def _catalog(policy: Policy, name: str, catalog: Any, call: Declared, workspace: str) -> WantedCatalog:
    """The rules of `access`, and what a person wrote for the catalog itself. An isolated one is for the workspace in
    which it is made."""
    own = [*_written(f"{call.place} catalogs.{name}", "*.*", catalog.grants)]
    for schema, one in catalog.schemas.items():
        own += _written(f"{call.place} catalogs.{name}.schemas.{schema}", f"{schema}.*", one.grants)
    whole = replace(policy, grants=(*policy.grants, *own))
    return WantedCatalog(name, whole, {workspace: whole} if catalog.isolated else {}, schemas=tuple(catalog.schemas))


def _written(place: str, on: str, grants: Mapping[str, tuple[str, ...]]) -> Iterator[Grant]:
    for who, privileges in grants.items():
        can = frozenset().union(*(_BY_PRIVILEGE.get(one, frozenset()) for one in privileges))
        if can:
            to = frozenset({f"group:{who}", f"user:{who}"})
            yield Grant(place, (on,), to, can, classes=EVERY_CLASS, grantable="MANAGE" in privileges)


def _unit_catalog(context: Context, workspace: Workspace) -> WantedCatalog:
    """Its unit's people from its own workspace, readers of other units from theirs; nobody from elsewhere."""
    units = context.project.platform.units
    readers = [
        one
        for one in context.landscape.workspaces
        if one.kind == workspace.kind and workspace.unit in units[one.unit].reads
    ]
    grants = [*_of_unit(context, workspace, workspace.unit, MAY)]
    for one in readers:
        grants += _of_unit(context, workspace, one.unit, dict.fromkeys(MAY, READS))
    whole = Policy(grants=tuple(grants))
    reading = Policy(grants=tuple(replace(one, can=one.can & READS, grantable=False) for one in grants))
    seen = {_name(context, workspace): whole, **{_name(context, one): reading for one in readers}}
    return WantedCatalog(workspace.catalog, whole, seen, schemas=tuple(context.project.platform.landscape.schemas))


def _of_unit(
    context: Context, workspace: Workspace, unit: str, may: Mapping[str, frozenset[Privilege]]
) -> Iterator[Grant]:
    for group, persona in units_personas(context, workspace, unit).items():
        owns = persona.may == "own" and unit == workspace.unit
        schemas = ("*",) if owns else persona.schemas
        place = f"landscape.personas, of {unit}: {group} may {persona.may}"
        to = frozenset({f"group:{group}"})
        on = tuple(f"{schema}.*" for schema in schemas)
        yield Grant(place, on, to, may[persona.may], classes=EVERY_CLASS, grantable=owns)


def _name(context: Context, workspace: Workspace) -> str:
    """What Databricks calls a unit's workspace."""
    return _workspace(context.within(workspace.account, workspace.whose))


def _workspace(context: Context) -> str:
    """What Databricks calls the workspace of a stack."""
    return str(context.place.name(most=100))


def wanted_lake(project: Project, place: Place, name: str, made: Call, attributes: Attributes) -> WantedLake:
    """Of the call `name` of `lake_grants` there, with the roles' attributes."""
    roles = persona_roles(project, place, attributes)
    subjects = {role.subject for role in roles}
    inputs: dict[str, Any] = {
        key: value.content if isinstance(value, Data) else value for key, value in made.inputs.items()
    }
    programs = {
        one: place.arn("iam", f"role/{place.name(one)}", regional=False)
        for one in inputs["principals"]
        if one not in subjects
    }
    views = {
        file.removeprefix("views/").partition("__masked")[0].replace("-", ".", 1): file
        for file in made.files
        if file.startswith("views/")
    }
    policy, own = policy_of(project), frozenset(f"user:{arn}" for arn in programs.values())
    whole = replace(
        policy,
        grants=(*policy.grants, *_of_programs(name, programs, inputs)),
        denies=tuple(replace(one, exempt=one.exempt | own) for one in policy.denies),
        filters=tuple(replace(one, exempt=one.exempt | own) for one in policy.filters),
        masks=tuple(replace(one, exempt=one.exempt | own) for one in policy.masks),
    )
    return WantedLake(place.account, whole, roles, programs, views)


def _of_programs(call: str, programs: Mapping[str, str], inputs: Mapping[str, Any]) -> Iterator[Grant]:
    """What the component itself gives to crawlers, as it declares it."""
    meaning = {one.value.upper(): frozenset({one}) for one in Privilege}
    meaning["CREATE_TABLE"] = frozenset({Privilege.CREATE})
    for entries in (inputs["database_grants"], inputs["table_grants"]):
        for key, entry in entries.items():
            if entry["principal"] in programs:
                on_tables = "table" in entry or entries is inputs["table_grants"]
                rights = [right for right in entry["permissions"] if on_tables or right == "CREATE_TABLE"]
                can = frozenset().union(*(meaning[right] for right in rights))
                on = (f"{entry['database']}.{entry.get('table', '*')}",)
                to = frozenset({f"user:{programs[entry['principal']]}"})
                if can:
                    yield Grant(f"{call}: {key}", on, to, can, classes=EVERY_CLASS)
