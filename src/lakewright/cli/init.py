"""`lakewright init`: the files of a new project."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakewright.cli.output import Invocation, Report, Screen, verb
from lakewright.errors import ProblemError, SpecError

if TYPE_CHECKING:
    from lakewright.cli.scaffold import KnownTable


@verb("init", example="lakewright init --url-env SHOP_DATABASE_URL\nlakewright -C shop init --blueprint lakehouse-cdc")
@click.option("--name", help="Name of the platform. [default: the folder's]")
@click.option("--source", default="main", show_default=True, help="Name of the source database in the spec.")
@click.option("--url-env", metavar="VARIABLE", help="Environment variable that holds the database's address.")
@click.option("--url", help="Address of the database, without a password.")
@click.option("--tables", multiple=True, metavar="PATTERN", help="What to replicate, `schema.table` with `*`.")
@click.option("--tenant", metavar="COLUMN", help="Column that names the tenant.")
@click.option("--blueprint", metavar="NAME[@VERSION]", help="Start from a ready platform.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def command(
    invocation: Invocation,
    name: str | None,
    source: str,
    url_env: str | None,
    url: str | None,
    tables: tuple[str, ...],
    tenant: str | None,
    blueprint: str | None,
    force: bool,
) -> Report:
    """Make a project: platform.yaml, models, README.

    With --url or --url-env the database is read, and the example models fit its tables: without any it ends with 1.
    Files that exist are kept.
    """
    from lakewright.cli.scaffold import Wish, chosen, example, project_files, tenant_column

    folder = invocation.folder
    written = _address(url, url_env)
    known = _look(written, tables) if url or url_env else ()
    if (url or url_env) and not known and blueprint is None:
        raise _nothing_found(tables)
    needed = needed_by(blueprint) if blueprint else None
    wish = Wish(
        platform=name or _slug(folder.resolve().name),
        source=source,
        url=written,
        tables=tables or (needed.patterns(known) if needed else chosen(known)),
        tenant=tenant or tenant_column(known) or (needed.tenant if needed else None),
        blueprint=needed.blueprint if needed else None,
        replication=needed is None or bool(needed.tables),
        cloud=needed is not None and needed.cloud,
        environments=needed.environments if needed else (),
        example=needed.example if needed else "",
    )
    results = write(folder, project_files(wish, known), force=force)
    write_schema(folder)

    def show(screen: Screen) -> None:
        for path, done in results.items():
            screen.line(f"{done:<8} {path}")
        if "kept" in results.values():
            screen.line("Files that exist were kept; --force overwrites them.")
        if known and needed is None and not example(known):
            screen.line("No table has a key that tells its rows apart, so there are no example models.")
        screen.line("Next: `lakewright check` says what the spec, the models and the database still need.")

    return Report({"files": results, "tables_found": len(known)}, show)


@dataclass(frozen=True)
class Needed:
    """What a blueprint's models read: Bronze tables, and the tenant's column; `cloud`: it has stacks of its own.

    `environments` are those that it declares; `example` is YAML with what only a person can say, to be replaced.
    """

    blueprint: str
    tables: tuple[str, ...]
    tenant: str | None
    cloud: bool
    environments: tuple[str, ...]
    example: str = ""

    def patterns(self, known: Sequence[KnownTable]) -> tuple[str, ...]:
        """As `schema.table`; the schema is the database's own if it has such a table."""
        schemas = {table.name: table.schema for table in known}
        return tuple(f"{schemas.get(table, 'public')}.{table}" for table in self.tables)


def needed_by(blueprint: str) -> Needed:
    """What a blueprint needs; without a version, the one that there is. Raises SpecError LW111 when there is none."""
    from lakewright.models import load_models
    from lakewright.spec.document import read_document
    from lakewright.spec.layers import blueprints, did_you_mean

    known = blueprints()
    name = blueprint.partition("@")[0]
    if name not in known:
        hint = did_you_mean(name, known, "known: " + ", ".join(sorted(known)))
        raise SpecError("LW111", f'no blueprint "{name}"', hint=hint)
    tree, _ = read_document(known[name].joinpath("platform.yaml").read_text(encoding="utf-8"), name)
    own = tree.find(("blueprint",))
    if own is None or blueprint not in (name, own.content):
        raise SpecError("LW111", f'no blueprint "{blueprint}"', hint=f"--blueprint {own.content if own else name}")
    folder = Path(str(known[name].joinpath("models")))
    models = load_models([folder] if folder.is_dir() else [])
    tables = tuple(sorted({table.partition(".")[2] for table in models.sources()}))
    tenant = "tenant_id" if any("tenant_id" in model.schema for model in models.values()) else None
    declared = tree.find(("environments",))
    cloud = tree.find(("infra", "stacks")) is not None
    said = known[name].joinpath("example.yaml")
    example = said.read_text(encoding="utf-8") if said.is_file() else ""
    return Needed(str(own.content), tables, tenant, cloud, tuple(declared.entries()) if declared else (), example)


def _address(url: str | None, url_env: str | None) -> str:
    from lakewright.spec import Secret

    if url and url_env:
        raise SpecError(
            "LW900", "--url and --url-env exclude each other", hint="--url-env keeps passwords out of files"
        )
    if url_env and not re.fullmatch(r"[A-Za-z_]\w*", url_env):
        raise SpecError(
            "LW900", "--url-env takes the name of an environment variable", hint="--url-env SHOP_DATABASE_URL"
        )
    if url and Secret.holds_password(url):
        hint = "export SHOP_DATABASE_URL=… and pass --url-env SHOP_DATABASE_URL"
        raise SpecError("LW109", "--url holds a password, which other users of this machine can see", hint=hint)
    return url or f"${{{url_env or 'DATABASE_URL'}}}"


def _look(address: str, patterns: tuple[str, ...]) -> tuple[KnownTable, ...]:
    from lakewright.cli.database import connected
    from lakewright.cli.scaffold import KnownColumn, KnownTable
    from lakewright.ingest.sources.postgres.catalog import read_catalog
    from lakewright.ingest.sources.postgres.types import canonical_type
    from lakewright.spec import Secret, matches

    def wanted(schema: str, table: str) -> bool:
        return not patterns or any(matches(pattern, schema, table) for pattern in patterns)

    with connected(Secret(address)) as connection:
        return tuple(
            KnownTable(
                schema=table.schema,
                name=table.name,
                bronze=table.name,
                columns=tuple(
                    KnownColumn(column.name, canonical_type(column.oid, column.typmod))
                    for column in table.columns
                    if not column.generated
                ),
                key=table.primary_key,
                rows=table.rows_estimate,
            )
            for table in read_catalog(connection, wanted)
        )


def _nothing_found(patterns: tuple[str, ...]) -> ProblemError:
    if patterns:
        fact = f"no table of the database fits {', '.join(patterns)}"
        return ProblemError("LW237", fact, hint="--tables takes schema.table, where * stands for any characters")
    return ProblemError("LW237", "the database has no table", hint="without --url and --url-env it is not looked at")


def _slug(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain if plain and plain[0].isalpha() else f"lake-{plain}".rstrip("-")


def write(folder: Path, files: Mapping[str, str], *, force: bool) -> dict[str, str]:
    """Writes files that are not there yet (or all, with force); path → written, kept or unchanged."""
    results: dict[str, str] = {}
    for name, content in files.items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") == content:
            results[name] = "unchanged"
        elif path.exists() and not force:
            results[name] = "kept"
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            results[name] = "written"
    return results


def write_schema(folder: Path) -> None:
    """The JSON schema that the first line of platform.yaml points editors to; renewed when it is not this version's."""
    from lakewright.spec.reference import schema_text

    path = folder / ".lakewright" / "platform.schema.json"
    if not path.exists() or path.read_text(encoding="utf-8") != schema_text():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(schema_text(), encoding="utf-8")
