"""One connection to the source: its slot, its publication and its catalog are in order as long as it is open."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lakewright.bronze.state import LOADING, STOPPED, STREAMING, BronzeTable, Load
from lakewright.errors import MissingError, ProblemError
from lakewright.ingest import requests
from lakewright.ingest.book import Catalog, read_tables
from lakewright.ingest.claim import claim, slot_problem, wants_new_slot
from lakewright.ingest.job import Job
from lakewright.ingest.ledger import Ledger
from lakewright.ingest.settings import IngestSettings
from lakewright.ingest.sources.postgres.publication import ensure_publication
from lakewright.ingest.sources.postgres.silence import Silence, silence
from lakewright.ingest.sources.postgres.slot import (
    SlotState,
    connect,
    current_lsn,
    drop_slot,
    heartbeat,
    read_slot,
)
from lakewright.ingest.sources.postgres.types import UserTypes, binary_is_safe, read_user_types
from lakewright.ingest.tracker import ACCEPTED, GONE, Tracker, identity_of
from lakewright.observe import Event, Observer
from lakewright.storage import Storage

if TYPE_CHECKING:
    from lakewright.ingest.sources.postgres.decode import StreamDecoder
    from lakewright.ingest.sources.postgres.framing import Framing
    from lakewright.ingest.sources.postgres.messages import MessageBatch
    from lakewright.ingest.sources.postgres.stream import Stream
    from lakewright.ingest.sources.postgres.wire import Block

STUCK_CHECKS = 12


class Attachment:
    """`open()` checks the slot against the manifest and brings publication and tables in step with the mapping."""

    stream: Stream

    def __init__(self, settings: IngestSettings, storage: Storage, ledger: Ledger, observe: Observer) -> None:
        self._settings = settings
        self._storage = storage
        self._ledger = ledger
        self._observe = observe
        self._connection = connect(settings.conninfo(), name=f"lakewright {settings.source}")
        self._published: frozenset[int] = frozenset()
        self._barred: dict[int, str] = {}
        self._retained: list[int] = []
        self.needs_slot = False

    def open(self) -> None:
        slot = read_slot(self._connection, self._settings.slot)
        self._check_slot(slot)  # first of all: whoever has the slot has the publication too
        self.tracker = Tracker(self._settings, self._ledger, self._catalog, self._observe)
        if self.needs_slot:
            if self._ledger.state.version == 0:
                claim(self._storage, self._settings)
            if slot is not None:
                drop_slot(self._connection, self._settings.slot)
        else:
            self.tracker.refresh()

    def close(self) -> None:
        self._connection.close()

    @property
    def binary(self) -> bool:
        return binary_is_safe(known.table for known in self.tracker.catalog.tables.values())

    @cached_property
    def decoder(self) -> StreamDecoder:
        from lakewright.ingest.sources.postgres.decode import StreamDecoder  # with Arrow

        return StreamDecoder(self.user_types, self.primary_key)

    @cached_property
    def framing(self) -> Framing:
        from lakewright.ingest.sources.postgres.framing import Framing  # with numpy

        return Framing()

    def next(self, timeout: float) -> MessageBatch | Silence | None:
        """The stream's next messages, None when there are none within `timeout`. Raises StreamEnded at its end."""
        if "framing" in vars(self):
            self.framing.check()
        block = self.stream.next(timeout)
        batch = None if block is None else self._cut(block)
        if batch is not None and batch.reply_requested:
            self.stream.answer()
        return batch

    def _cut(self, block: Block) -> MessageBatch | Silence | None:
        if "framing" not in vars(self) and (quiet := silence(block)) is not None:
            return quiet
        return self.framing.batch(block)

    def source_end(self) -> int:
        return current_lsn(self._connection)

    def heartbeat(self) -> None:
        heartbeat(self._connection)

    def user_types(self) -> UserTypes:
        return read_user_types(self._connection)

    def primary_key(self, schema: str, table: str) -> tuple[str, ...]:
        tables = (known.table for known in self.tracker.catalog.tables.values())
        return next((t.primary_key for t in tables if (t.schema, t.name) == (schema, table)), ())

    def check(self) -> None:
        """From time to time: did tables come, go or change, and how much WAL does the slot hold back?"""
        self.tracker.refresh()
        slot = read_slot(self._connection, self._settings.slot)
        self._check_slot(slot)
        if slot is not None:
            self._watch(slot)

    def _catalog(self) -> Catalog:
        """The catalog, after the publication was brought in step: loads begin after their table is published."""
        held = {t.source for t in self._ledger.tables() if t.schemas and t.identity.get("left") not in GONE}
        catalog = read_tables(self._connection, self._settings, held)
        first = self._ledger.state.version == 0
        if first and catalog.unfit and not catalog.tables:
            raise catalog.unfit[0].error
        wanted = frozenset(oid for oid, known in catalog.tables.items() if not known.refusal)
        if wanted != self._published or self._barred:
            tables = [catalog.tables[oid].table for oid in sorted(wanted)]
            self._barred = ensure_publication(self._connection, self._settings.slot, tables, self._barred)
            self._published = wanted
        if first and wanted and wanted <= self._barred.keys():
            commands = " ".join(f"{command};" for command in dict.fromkeys(self._barred.values()))
            hint = f"let their owner or a superuser run: {commands}"
            raise MissingError("LW358", "may not publish any of the tables", place=self._settings.source, hint=hint)
        barred = {oid: replace(catalog.tables[oid], barred=command) for oid, command in self._barred.items()}
        return replace(catalog, tables={**catalog.tables, **barred})

    def _check_slot(self, slot: SlotState | None) -> None:
        state = self._ledger.state
        fresh = not hasattr(self, "stream")
        self.needs_slot = fresh and (state.version == 0 or wants_new_slot(self._settings))
        if problem := slot_problem(self._storage, self._settings, state, slot):
            raise problem

    def _watch(self, slot: SlotState) -> None:
        """Beyond the limit, and growing: the source's disk matters more than the lake's freshness."""
        limit = self._settings.retained_wal_limit
        if slot.retained <= limit:
            self._retained.clear()
            return
        fields = {"slot": slot.name, "retained_bytes": slot.retained, "limit_bytes": limit}
        self._observe(Event("ingest.retained_wal", fields, level="warning"))
        self._retained.append(slot.retained)
        recent = self._retained[-STUCK_CHECKS:]
        if len(recent) == STUCK_CHECKS and recent == sorted(recent):
            self.stream.close()
            drop_slot(self._connection, self._settings.slot)
            raise ProblemError(
                "LW356",
                f"slot {slot.name} held back {slot.retained} bytes of WAL (limit {limit}) and was dropped, so that the "
                "source's disk does not fill",
                hint="end what blocks it (a long transaction?), then: lakewright ingest resnapshot --all",
            )

    # ── loads ──

    def first_jobs(self) -> tuple[Job, ...]:
        """All tables, before anything about them is in the manifest."""
        self.tracker.refresh()
        found = []
        for table in self._ledger.tables():
            known = self.tracker.catalog.named(table.name)
            if known is not None and not known.refusal and table.schemas:
                generation = table.generation + (1 if table.snapshot_lsn else 0)
                job = Job(
                    table.name,
                    generation,
                    table.schema.version,
                    table.tenant,
                    known.table,
                    known.transform,
                    known.fingerprint,
                )
                found.append(job)
        return tuple(found)

    def begin(self, lsn: int) -> None:
        """The slot was made at `lsn`: there all loads of `first_jobs` start."""
        for table in self._ledger.tables():
            known = self.tracker.catalog.named(table.name)
            if known is None or known.refusal:
                continue
            generation = table.generation + (1 if table.snapshot_lsn else 0)
            status = STOPPED if table.status == STOPPED else LOADING
            load = Load(generation, lsn, reason="first load")
            self._ledger.change(replace(table, status=status, load=load))
        self._ledger.cancel_reloads()
        self.needs_slot = False
        for path, request in requests.waiting(self._settings.requests):
            if request == requests.Request(requests.RESNAPSHOT):
                path.unlink(missing_ok=True)

    def jobs(self) -> tuple[Job, ...]:
        """What is to be loaded now, as the manifest says."""
        found: list[Job] = []
        for table in self._ledger.state.tables.values():
            load = table.load
            if load is None or load.done:
                continue
            known = self.tracker.catalog.named(table.name)
            if known is None or known.refusal or table.identity.get("columns") != known.fingerprint.columns:
                continue  # the manifest and the catalog have to agree about the columns first
            done = frozenset(load.chunks)
            job = Job(
                table.name,
                load.generation,
                table.schema.version,
                table.tenant,
                known.table,
                known.transform,
                known.fingerprint,
                load.plan,
                done,
            )
            found.append(job)
        return tuple(found)

    # ── requests ──

    def obey(self, request: requests.Request) -> None:
        """Does what another process asked for, for one table or for all."""
        for table in self._ledger.tables():
            if request.table in (None, table.name):
                self._obey(request.action, table)
        self._observe(Event("ingest.request", {"action": request.action, "table": request.table}))

    def _obey(self, action: str, table: BronzeTable) -> None:
        if action == requests.RESNAPSHOT and not table.identity.get("left"):
            self._ledger.reload(table.name, "asked for")
        elif action == requests.PAUSE and not table.identity.get("left"):
            self._ledger.change(replace(table, status=STOPPED, stop_reason="paused"))
        elif action == requests.RESUME and table.identity.get("left") in GONE:
            reason = "no longer selected, or dropped at the source; accepted"
            self._ledger.change(replace(table, stop_reason=reason, identity={**table.identity, "left": ACCEPTED}))
        elif action == requests.RESUME and table.status == STOPPED and not table.identity.get("left"):
            reason = str(table.identity.get("reload") or "")
            known = self.tracker.catalog.named(table.name)
            identity: dict[str, Any] = {**table.identity, **(identity_of(known) if known else {}), "reload": ""}
            status = LOADING if reason or table.load is not None else STREAMING
            self._ledger.change(replace(table, status=status, stop_reason="", identity=identity))
            if reason:
                self._ledger.reload(table.name, reason)
