"""From what the stream or the catalog says about a table to the target that its rows are written for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lakewright.bronze.state import LOADING, STOPPED, BronzeTable
from lakewright.bronze.writer import Target
from lakewright.errors import SpecError
from lakewright.ingest.book import Catalog, Known, Unfit, shape_of_catalog, shape_of_relation, tenant_of
from lakewright.ingest.ledger import Ledger
from lakewright.ingest.mappings import TableTransform
from lakewright.ingest.settings import IngestSettings, OnChange
from lakewright.ingest.shape import Shape, Verdict, evolve, of_relation
from lakewright.ingest.sources.postgres.identity import Fingerprint
from lakewright.ingest.sources.postgres.relation import Relation
from lakewright.observe import Event, Observer

LEFT, ACCEPTED, REFUSED = "gone", "accepted", "refused"
"""Why a table is stopped for more than its consumers: it went, that is accepted, or it cannot be replicated."""

GONE = (LEFT, ACCEPTED)


@dataclass(frozen=True)
class Route:
    """Where a relation's rows go, and what is done to them before."""

    name: str
    version: int
    transform: TableTransform


class Tracker:
    """Keeps every table's schema in step with the source, by the policy; notes changes in the ledger."""

    def __init__(
        self, settings: IngestSettings, ledger: Ledger, catalog: Callable[[], Catalog], observe: Observer
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._read_catalog = catalog
        self._observe = observe
        self.catalog = catalog()
        self._routes: dict[Relation, Route | None] = {}

    def route(self, relation: Relation) -> Route | None:
        """None for tables that are not replicated (any more)."""
        if relation not in self._routes:
            self._routes[relation] = self._learn(relation)
        return self._routes[relation]

    def target(self, route: Route) -> Target | None:
        """What the route's rows are written for now; None when the table is gone from the manifest."""
        table = self._ledger.table(route.name)
        if table is None:
            return None
        version = table.by_version[route.version]
        tenant = tenant_of([column for column in version.columns if not column.dropped], table.tenant)
        return Target(table.name, table.generation, route.version, tenant)

    def refresh(self) -> None:
        """Looks at the catalog: new, gone, rewritten and reshaped tables."""
        self.catalog = self._read_catalog()
        for known in self.catalog.tables.values():
            table = self._ledger.table(known.name)
            if table is None:
                self._join(known)
            elif table.identity.get("oid") != known.table.oid or table.identity.get("left"):
                self._join(known, table)
            elif known.refusal:
                self._refuse(known, table)
            else:
                self._judge(known, table, shape_of_catalog(known, table))
        self._refuse_unfit()
        names = {known.name for known in self.catalog.tables.values()} | {unfit.name for unfit in self.catalog.unfit}
        for table in self._ledger.tables():
            left = table.identity.get("left")
            if table.name not in names and left == REFUSED and not table.schemas:
                self._ledger.forget(table.name)
            elif table.name not in names and left in ("", None, REFUSED):
                self._leave(table)

    def _learn(self, relation: Relation) -> Route | None:
        self.catalog = self._read_catalog()
        self._refuse_unfit()  # now, as its rows are passed over from here on
        known = self.catalog.tables.get(relation.oid)
        table = self._ledger.table(known.name) if known is not None else None
        if known is None or table is None or table.identity.get("left"):
            return None
        self._judge(known, table, shape_of_catalog(known, table))
        table = self._ledger.table(known.name) or table
        try:
            shape, transform = shape_of_relation(relation, known, table, self._settings)
        except SpecError as error:  # a shape from before, which the mapping could not take
            status = STOPPED if table.status == STOPPED else LOADING
            self._ledger.change(replace(table, status=status))
            self._ledger.reload(table.name, f"for a while it was no table to replicate: {error.fact}")
            return None
        verdict = of_relation(table, shape)
        self._note(table, verdict)
        return Route(known.name, verdict.version, transform)

    def _judge(self, known: Known, table: BronzeTable, shape: Shape) -> None:
        """Takes the catalog's word for what the table is now."""
        rewritten = known.fingerprint.rewritten_since(fingerprint_of(table))
        ambiguous = bool(table.identity) and _gap(known, int(table.identity.get("last", 0)))
        verdict = evolve(table, shape, rewritten=rewritten, ambiguous=ambiguous, policy=self._settings.on_change)
        verdict = self._judge_partitions(known, table, verdict)
        now = verdict.table
        identity = {**now.identity, **identity_of(known)}
        if identity != now.identity or now is not table:
            tenant = tenant_of([c for c in now.schema.columns if not c.dropped], self._settings.tenant)
            verdict = replace(verdict, table=replace(now, identity=identity, tenant=tenant))
        self._note(table, verdict)

    def _judge_partitions(self, known: Known, table: BronzeTable, verdict: Verdict) -> Verdict:
        """What befell partitions, which the stream does not tell."""
        if verdict.reload:
            return verdict
        before = fingerprint_of(table)
        befell, lost = known.fingerprint.partitions_since(before), known.fingerprint.lost_partition(before)
        if lost and self._settings.on_change.dropped_partition == "keep":
            verdict = replace(verdict, changes=(*verdict.changes, "a partition was detached or dropped; its rows stay"))
        elif lost:
            befell = "a partition was detached or dropped"
        if not befell:
            return verdict
        status = verdict.table.status if verdict.table.status == STOPPED else LOADING
        now = replace(verdict.table, status=status)
        return replace(verdict, table=now, reload=befell, changes=(*verdict.changes, befell))

    def _note(self, before: BronzeTable, verdict: Verdict) -> None:
        now = verdict.table
        if now is not before:
            self._ledger.change(now)
        if verdict.changes:
            fields = {"table": now.name, "changes": list(verdict.changes), "status": now.status}
            self._observe(Event("ingest.schema", fields | {"reload": verdict.reload}, level="warning"))
        if verdict.reload:
            self._ledger.reload(now.name, verdict.reload)

    def _join(self, known: Known, former: BronzeTable | None = None) -> None:
        """A table that is new here, or new again under its old name."""
        if known.refusal:
            self._refuse(known, former)
            return
        identity = identity_of(known)
        table = former or BronzeTable(known.name, known.table.label)
        table = replace(table, source=known.table.label, status=LOADING, stop_reason="", identity=identity)
        shape = shape_of_catalog(known, table)
        table = evolve(table, shape, rewritten=False, ambiguous=False, policy=_ACCEPT).table
        tenant = tenant_of([c for c in table.schema.columns if not c.dropped], self._settings.tenant)
        self._ledger.change(replace(table, tenant=tenant, key=shape.key))
        self._ledger.reload(known.name, "new" if former is None else "made anew at the source")
        self._observe(Event("ingest.joined", {"table": known.name, "source": known.table.label}))

    def _refuse_unfit(self) -> None:
        for unfit in self.catalog.unfit:
            self._refuse(unfit, self._ledger.table(unfit.name))

    def _refuse(self, what: Known | Unfit, former: BronzeTable | None) -> None:
        """What Bronze has of it stays; when it can be taken again, it is loaded anew."""
        reason = what.refusal
        if former is not None and (former.stop_reason, former.identity.get("left")) == (reason, REFUSED):
            return
        table = former or BronzeTable(what.name, what.table.label)
        identity = {**table.identity, "oid": what.table.oid, "left": REFUSED}
        self._ledger.change(replace(table, status=STOPPED, stop_reason=reason, identity=identity, load=None))
        self._observe(Event("ingest.refused", {"table": what.name, "reason": reason}, level="warning"))

    def _leave(self, table: BronzeTable) -> None:
        reason = "no longer selected, or dropped at the source"
        identity = {**table.identity, "left": LEFT}
        self._ledger.change(replace(table, status=STOPPED, stop_reason=reason, identity=identity, load=None))
        self._observe(Event("ingest.left", {"table": table.name, "reason": reason}, level="warning"))


def identity_of(known: Known) -> dict[str, object]:
    last = max((column.number for column in known.table.columns), default=0)
    return {
        "oid": known.table.oid,
        "files": known.fingerprint.files,
        "columns": known.fingerprint.columns,
        "partitions": known.fingerprint.partitions,
        "last": last,
    }


def _gap(known: Known, last: int) -> bool:
    """Whether columns were added and dropped again since the table's last column had the number `last`."""
    new = sorted(column.number for column in known.table.columns if column.number > last)
    return bool(new) and new != list(range(last + 1, last + 1 + len(new)))


def fingerprint_of(table: BronzeTable) -> Fingerprint | None:
    if "columns" not in table.identity:
        return None
    partitions = table.identity.get("partitions")
    return Fingerprint(str(table.identity["files"]), str(table.identity["columns"]), partitions)


_ACCEPT = OnChange("accept", "keep", "accept", "accept")
