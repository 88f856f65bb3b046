"""The files of a new project, as text. Pure: what is known of the source comes in, path → content goes out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FRAMEWORK = re.compile(
    r"(django|auth|celery|social)_.*|alembic_version|flyway_.*|schema_migrations|ar_internal_metadata"
)
"""Tables of well-known frameworks; replicating them is a decision of its own (they hold password hashes, say)."""

MOST_LISTED = 60
TERRAFORM_LEFTOVERS = ".terraform/\n*.tfstate\n*.tfstate.*\n*.tfplan\n"


@dataclass(frozen=True)
class KnownColumn:
    """A column of the source with its canonical type."""

    name: str
    type: str


@dataclass(frozen=True)
class KnownTable:
    """A table of the source; `bronze` is its name in the lake."""

    schema: str
    name: str
    bronze: str
    columns: tuple[KnownColumn, ...]
    key: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Wish:
    """What a new project should be: `url` as it is written into the spec, `tables` as patterns.

    `replication` and `cloud`: what the blueprint has of each, sources to replicate and stacks of infrastructure.
    `environments` are those that it declares itself, all but their accounts; or `example` says what is needed, as YAML.
    """

    platform: str
    source: str
    url: str
    tables: tuple[str, ...]
    tenant: str | None
    blueprint: str | None
    replication: bool = True
    cloud: bool = False
    environments: tuple[str, ...] = ()
    example: str = ""


ORDERS = KnownTable(
    schema="public",
    name="orders",
    bronze="orders",
    columns=(
        KnownColumn("id", "bigint"),
        KnownColumn("customer_id", "bigint"),
        KnownColumn("status", "string"),
        KnownColumn("total", "decimal(12,2)"),
        KnownColumn("created_at", "timestamp"),
    ),
    key=("id",),
    rows=0,
)
"""What the example models read when no database was looked at."""


def chosen(tables: Sequence[KnownTable]) -> tuple[str, ...]:
    """Patterns for the tables worth replicating: their names if they are few, else whole schemas."""
    worth = [table for table in tables if not FRAMEWORK.fullmatch(table.name)]
    patterns = [f"{table.schema}.{table.name}" for table in worth]
    plain = all("*" not in name and "%" not in name and name.count(".") == 1 for name in patterns)
    if patterns and plain and len(patterns) <= MOST_LISTED:
        return tuple(patterns)
    return tuple(sorted({f"{table.schema}.*" for table in worth})) or ("public.*",)


def tenant_column(tables: Sequence[KnownTable]) -> str | None:
    """`tenant_id` if at least half of the tables have it."""
    having = sum(any(column.name == "tenant_id" for column in table.columns) for table in tables)
    return "tenant_id" if tables and having * 2 >= len(tables) else None


def project_files(wish: Wish, tables: Sequence[KnownTable]) -> dict[str, str]:
    """Path → content of a new project. `tables` is empty when no database was looked at."""
    files = {
        "platform.yaml": platform_yaml(wish),
        "README.md": readme(wish),
        ".gitignore": ".lakewright/\nlake/\n.env\n" + (TERRAFORM_LEFTOVERS if wish.cloud else ""),
    }
    if wish.blueprint is None:
        files |= example_models(tables)
    else:
        files["models/.gitkeep"] = ""
    return files


def platform_yaml(wish: Wish) -> str:
    """The spec, short, with the defaults left out."""
    lines = [
        "# yaml-language-server: $schema=.lakewright/platform.schema.json",
        "lakewright: 1",
        f"platform: {wish.platform}",
    ]
    if wish.blueprint:
        lines.append(f"blueprint: {wish.blueprint}")
    if wish.replication:
        lines += _sources(wish)
    lines += [
        "",
        "# Where the data lies on this machine; s3://bucket/prefix works too.",
        "environments:",
        "  local: {lake: lake}",
    ]
    if wish.example:
        before, _, after = wish.example.partition("environments:\n")
        return "\n".join([*lines[:-3], *before.splitlines(), *lines[-2:], after.rstrip(), "", "models: models/", ""])
    if wish.cloud:
        lines += [
            "  # Put your accounts in; `lakewright infra compile dev` writes the Terraform of one environment.",
            *_environments(wish.environments),
        ]
    lines += ["", "models: models/", ""]
    return "\n".join(lines)


def _environments(declared: tuple[str, ...]) -> list[str]:
    """One account each, to be replaced; what the blueprint says of its own environments is not said again."""
    if declared:
        return [f'  {name}: {{account: "{str(number) * 12}"}}' for number, name in enumerate(declared[:9], start=1)]
    return [
        '  dev: {account: "111111111111", region: us-east-1}',
        '  prod: {account: "222222222222", region: us-east-1, protection: strict}',
    ]


def _sources(wish: Wish) -> list[str]:
    lines = ["", "sources:", f"  {wish.source}:", "    postgres:", f"      url: {_quoted(wish.url)}", "      tables:"]
    lines += [f"        - {_quoted(pattern)}" for pattern in wish.tables]
    if wish.tenant:
        lines.append(f"      tenant: {_quoted(wish.tenant)}")
    return lines


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_][\w./-]*", text) else json.dumps(text, ensure_ascii=False)


def example(tables: Sequence[KnownTable]) -> KnownTable | None:
    """The largest table with a key."""
    keyed = [table for table in tables if table.key and not FRAMEWORK.fullmatch(table.name)]
    return max(keyed, key=lambda table: (table.rows, len(table.columns), table.name), default=None)


def example_models(tables: Sequence[KnownTable]) -> dict[str, str]:
    """A Silver model of the largest keyed table and a Gold model on it; none where there is no such table."""
    table = example(tables) if tables else ORDERS
    if table is None:
        return {"models/.gitkeep": ""}
    entity = plain_name(table.bronze)
    names = plain_names([column.name for column in table.columns])
    return {
        f"models/silver/{entity}.sql": _silver(table, names),
        f"models/gold/{entity}_by_day.sql": _gold(entity, table, names),
    }


def plain_name(name: str) -> str:
    """A name that needs no quotes."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "table"
    return plain if plain[0].isalpha() else f"t_{plain}"


def plain_names(names: Sequence[str]) -> dict[str, str]:
    """Column → a name that needs no quotes; different columns stay different."""
    found: dict[str, str] = {}
    for name in names:
        plain, number = plain_name(name), 2
        plain += "_value" if plain in _RESERVED else ""
        while plain in found.values():
            plain, number = f"{plain_name(name)}_{number}", number + 1
        found[name] = plain
    return found


def _selected(name: str, plain: str, *, tidy: bool) -> str:
    source = _identifier(name)
    if tidy:
        return f"  NULLIF(TRIM({source}), '') AS {plain}"
    return f"  {source}" if source == plain else f"  {source} AS {plain}"


def _identifier(name: str) -> str:
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _RESERVED:
        return name
    return "`" + name.replace("`", "``") + "`"


_WORDS = (
    "all and any as between by case cast cross current_date distinct else end exists false from full group having in "
    "inner intersect interval into is join left like limit natural not null on or order outer right select some table "
    "then to true union unique user using values when where window with"
)
_RESERVED = frozenset(_WORDS.split())


def _silver(table: KnownTable, names: Mapping[str, str]) -> str:
    key = ", ".join(names[name] for name in table.key)
    columns = [f'  {names[column.name]}: {{type: "{column.type}"}}' for column in table.columns]
    first_key = names[table.key[0]]
    select = ",\n".join(
        _selected(column.name, names[column.name], tidy=column.type == "string" and column.name not in table.key)
        for column in table.columns
    )
    return f"""/* lakewright
kind: incremental_by_key
key: [{key}]
description: Current rows of {plain_name(table.name)}, with text tidied.
columns:
{chr(10).join(columns)}
checks:
  - {{name: key_present, expect: {first_key} IS NOT NULL, on_failure: quarantine, message: a row has a key}}
*/
SELECT
{select}
FROM bronze.{_identifier(table.bronze)}
"""


def _gold(entity: str, table: KnownTable, names: Mapping[str, str]) -> str:
    moments = [column for column in table.columns if column.type in ("timestamp", "timestamp_ntz", "date")]
    moments.sort(key=lambda column: (not column.name.startswith("created"), column.type == "date"))
    amounts = [column for column in table.columns if column.type.startswith("decimal")]
    amounts.sort(key=lambda column: column.name not in ("total", "amount", "price"))
    columns = {"row_count": ("bigint", "COUNT(*)", "Rows.")}
    if amounts:
        amount = names[amounts[0].name]
        scale = amounts[0].type.rstrip(")").split(",")[-1]
        total = f"decimal(38,{scale})"
        columns[f"{amount}_sum"] = (total, f"CAST(SUM({amount}) AS {total.upper()})", f"Sum of {amount}.")
    if moments:
        moment = names[moments[0].name]
        key, day = "dt", f"CAST({moment} AS DATE)"
        listed = {"dt": ("date", day, f"UTC day of {moment}.")} | columns
        condition, group = f"WHERE {moment} IS NOT NULL\n", f"GROUP BY {day}\n"
    else:
        key = ""
        listed = columns
        condition = group = ""
    declared = [f'  {name}: {{type: "{kind}", description: {what}}}' for name, (kind, _, what) in listed.items()]
    select = ",\n".join(f"  {expression} AS {name}" for name, (_, expression, _) in listed.items())
    kind = f"kind: incremental_by_key\nkey: {key}" if key else "kind: full"
    return f"""/* lakewright
{kind}
description: {entity.capitalize()} rows {"per day" if key else "in all"}.
columns:
{chr(10).join(declared)}
*/
SELECT
{select}
FROM silver.{entity}
{condition}{group}"""


_CLOUD = """The same platform on AWS, with your accounts in `environments`:

```sh
lakewright infra compile dev     # readable Terraform in infra/dev, one folder per stack
lakewright infra stacks dev      # their order
```

"""


def readme(wish: Wish) -> str:
    """How to go on."""
    variable = re.fullmatch(r"\$\{(\w+)\}", wish.url)
    cloud = _CLOUD if wish.cloud else ""
    export = f"export {variable[1]}='postgresql://user:password@host:5432/database'\n" if variable else ""
    return f"""# {wish.platform}

A lakehouse declared in [platform.yaml](platform.yaml), made with Lakewright.

```sh
{export}lakewright check        # the spec, the models, and what the source database still needs
lakewright plan         # what would change
lakewright up           # replicate, build the models, go on until Ctrl-C
lakewright status       # lag, freshness, last runs
lakewright sql "SELECT * FROM bronze.<table> LIMIT 10"
```

{cloud}`models/silver` and `models/gold` hold one SQL file per table: a typed header, then one SELECT in Spark SQL.
The data lies in `lake/`; `.lakewright/` holds logs and locks of this machine and can be deleted when nothing runs.
"""
