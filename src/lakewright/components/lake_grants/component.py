"""What each role may do, from the compiled governance: grants on databases and tables, filters on columns and rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Data, Value
from lakewright.components.databases import LAYERS
from lakewright.components.lake_formation.tags import column_tags
from lakewright.components.lake_grants.grants import Compiled, compiled
from lakewright.components.personas import persona_roles
from lakewright.spec.access import PersonName, Values
from lakewright.spec.block import Block
from lakewright.spec.values import Name

CRAWLER = "crawler"


class Settings(Block):
    """What roles may do. The grants themselves are those of `access`."""

    attributes: Mapping[PersonName, Mapping[Name, Values]] = Field(
        default_factory=dict,
        description="What conditions call `user.NAME`, for a persona's or group's role: "
        "`TenantSpecificAnalyst: {tenants: [1]}`. Without them a condition on attributes lets no row through.",
    )


def call(context: Context, _name: str, settings: Settings) -> Call:
    """The inputs of Lake Formation's grants. Raises Mistakes (LW1010) for rules that it cannot express."""
    roles = persona_roles(context.project, context.place, settings.attributes)
    found = compiled(context, roles)
    crawled = context.has("glue")
    contents = {
        "filters": found.filters,
        "database-grants": {**found.databases, **(_crawler_databases() if crawled else {})},
        "table-grants": {**found.tables, **(_crawler_tables() if crawled else {})},
        "filter-grants": found.through,
        "column-tags": _column_tags(context),
    }
    data = {name: Data(f"{name}.json", content) for name, content in contents.items()}
    inputs: dict[str, Value] = {
        "principals": {
            **{role.subject: context.output("iam_roles", "arns", role.subject) for role in roles},
            **({CRAWLER: context.output("glue", "crawler_role_arn")} if crawled else {}),
        },
        "databases": context.output("glue", "databases"),
        "locations": context.output("lake_formation", "locations"),
        "filters": data["filters"],
        "database_grants": data["database-grants"],
        "table_grants": data["table-grants"],
        "filter_grants": data["filter-grants"],
        "location_grants": {
            f"{CRAWLER}-{layer}": {"principal": CRAWLER, "location": layer} for layer in LAYERS if crawled
        },
        "tags": context.output("lake_formation", "tags"),
        "column_tags": data["column-tags"],
    }
    return Call(inputs, {**_views(found), **{one.name: one.text for one in data.values()}})


def _crawler_databases() -> dict[str, Value]:
    return {
        f"{CRAWLER}-{layer}": {
            "principal": CRAWLER,
            "database": layer,
            "permissions": ["ALTER", "CREATE_TABLE", "DESCRIBE"],
        }
        for layer in LAYERS
    }


def _crawler_tables() -> dict[str, Value]:
    return {
        f"{CRAWLER}-{layer}": {
            "principal": CRAWLER,
            "database": layer,
            "permissions": ["ALTER", "DESCRIBE", "INSERT", "SELECT"],
        }
        for layer in LAYERS
    }


def _column_tags(context: Context) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for (table, column), tags in column_tags(context).items():
        database, name = table.split(".", 1)
        found[f"{table}.{column}"] = {"database": database, "table": name, "column": column, "tags": dict(tags)}
    return found


def _views(found: Compiled) -> Mapping[str, str]:
    """Masked views: the provider has no resource for a view with its definer's rights, so they are statements that an
    administrator runs in Athena once the tables have data; the roles then need SELECT on them."""
    return {f"views/{name}.sql": text for name, text in found.views.items()}


COMPONENT = Component(
    name="lake_grants",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=call,
    provides=("filters",),
)
