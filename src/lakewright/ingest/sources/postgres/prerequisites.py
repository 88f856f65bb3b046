"""Whether a PostgreSQL database can be replicated, and exactly what to run where it cannot.

Everything is read from system catalogs under the role that will replicate; nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakewright.errors import Mistakes, SpecError
from lakewright.ingest.mappings import TableMapping, TableTransform
from lakewright.ingest.sources.postgres.catalog import Connection, SourceTable, read_catalog
from lakewright.ingest.sources.postgres.findings import SEVERITIES, Finding
from lakewright.ingest.sources.postgres.publication_checks import CODES, check_publication
from lakewright.ingest.sources.postgres.server_checks import check_server, read_server
from lakewright.ingest.sources.postgres.table_checks import check_tables


@dataclass(frozen=True)
class Plan:
    """What the ingester will use: names of its publication and slot, and the tenant column, if there is one."""

    publication: str
    slot: str
    tenant: str | None = None


def check_source(connection: Connection, mapping: TableMapping, plan: Plan) -> list[Finding]:
    """All findings for the tables that `mapping` selects, errors first, in the order in which their fixes are to run.

    A table is published last: before it has a replica identity its owner's updates would fail.
    """
    tables = read_catalog(connection, mapping.selects)
    transforms, mistakes = _resolve(mapping, tables)
    server = read_server(connection)
    found = [
        *mistakes,
        *check_server(connection, server, plan.slot),
        *_selection_findings(mapping, tables),
        *check_tables(connection, tables, transforms, mapping, plan.tenant, server.role, server.major),
        *check_publication(connection, server, plan.publication, tables),
    ]
    return sorted(found, key=_order)


def _order(finding: Finding) -> tuple[int, bool, str, str]:
    return SEVERITIES.index(finding.severity), finding.code in CODES, finding.code, finding.table


def _resolve(
    mapping: TableMapping, tables: Sequence[SourceTable]
) -> tuple[Mapping[str, TableTransform], list[Finding]]:
    found: dict[str, TableTransform] = {}
    findings: list[Finding] = []
    for table in tables:
        try:
            found[table.label] = mapping.transform_table(table)
        except Mistakes as error:
            findings += [Finding("error", m.code, table.label, m.fact, then=m.hint) for m in error.mistakes]
        except SpecError as error:
            findings.append(Finding("error", error.code, table.label, error.fact, then=error.hint))
    try:
        mapping.check_names(found.values())
    except SpecError as error:
        findings.append(Finding("error", error.code, "", error.fact, then=error.hint))
    return found, findings


def _selection_findings(mapping: TableMapping, tables: Sequence[SourceTable]) -> Iterator[Finding]:
    if not tables:
        yield Finding("error", "LW237", "", "the mapping selects no table of this database", then="correct its names")
        return
    for rule in mapping.unmatched(tables):
        severity = "error" if rule.action == "explicit" else "warn"
        fact = f"rule {rule.id} ({rule.schema}.{rule.table}) matches no table"
        yield Finding(severity, "LW237", "", fact, then="correct or remove it")  # type: ignore[arg-type]
