"""Whose a replication slot is, and whether it still has what the lake needs.

Slots are named after sources, so two projects on one server can want the same one. A lake therefore notes that it is
about to make its slot: a first load that was killed may drop what it left, and nobody else's.
"""

from __future__ import annotations

import json

from lakewright.bronze.manifest import folder
from lakewright.bronze.state import BronzeState
from lakewright.errors import LakewrightError, ProblemError
from lakewright.ingest import requests
from lakewright.ingest.settings import IngestSettings
from lakewright.ingest.sources.postgres.identifiers import quote_literal
from lakewright.ingest.sources.postgres.slot import SlotState, beyond
from lakewright.storage import Storage


def claim(storage: Storage, settings: IngestSettings) -> None:
    """To be called before the slot is made."""
    storage.put(_path(settings), json.dumps({"slot": settings.slot}).encode())


def claimed(storage: Storage, settings: IngestSettings) -> bool:
    """Whether this lake was about to make the slot once."""
    try:
        return bool(json.loads(storage.read(_path(settings)))["slot"] == settings.slot)
    except FileNotFoundError:
        return False


def _path(settings: IngestSettings) -> str:
    return f"{folder(settings.source)}/slot.json"


def wants_new_slot(settings: IngestSettings) -> bool:
    """Whether somebody asked for all tables anew."""
    return any(r == requests.Request(requests.RESNAPSHOT) for _, r in requests.waiting(settings.requests))


def slot_problem(
    storage: Storage, settings: IngestSettings, state: BronzeState, slot: SlotState | None
) -> LakewrightError | None:
    """Why the source cannot be read on with this slot. `state` is the writer's own, or was read after `slot`."""
    name = settings.slot
    if wants_new_slot(settings):
        return None
    if state.version == 0:
        return None if slot is None or claimed(storage, settings) else _foreign(slot)
    again = f"lakewright ingest resnapshot --all makes slot {name} again and loads every table anew"
    if slot is None:
        return ProblemError("LW353", f"the replication slot {name} is gone: changes were missed", hint=again)
    if slot.lost:
        return ProblemError("LW354", f"the server dropped WAL that slot {name} needed", hint=again)
    return beyond(name) if slot.confirmed > state.position else None


def _foreign(slot: SlotState) -> LakewrightError:
    use = f"in use by server process {slot.active_pid}" if slot.active_pid else "not in use now"
    fact = f"the replication slot {slot.name} of the database {slot.database} exists ({use}), and this lake did not "
    fact += "make it: another project that reads it would lose changes"
    hint = "give the source another name in platform.yaml; or, if the slot is a leftover, "
    hint += f"SELECT pg_drop_replication_slot({quote_literal(slot.name)});"
    return ProblemError("LW219", fact, hint=hint)
