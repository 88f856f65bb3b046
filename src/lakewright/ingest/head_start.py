"""What begins before its turn: the stream, since the server needs long until it sends much; what a load needs."""

from __future__ import annotations

import threading

import psycopg

from lakewright.bronze.state import BronzeState
from lakewright.errors import LakewrightError
from lakewright.ingest import requests
from lakewright.ingest.settings import IngestSettings
from lakewright.ingest.sources.postgres.stream import SlotBusy, Stream, StreamEnded, StreamOptions

ONCE_TICK = 0.005


def stream_options(
    settings: IngestSettings, position: int, *, binary: bool, chunks: bool, impatient: bool
) -> StreamOptions:
    tick = ONCE_TICK if impatient else min(0.1, settings.flush_seconds / 2)
    return StreamOptions(settings.slot, (settings.slot,), position, binary, tick, chunks)


def head_start(settings: IngestSettings, state: BronzeState, *, impatient: bool) -> Stream | None:
    """The running stream from the manifest's position on, or None: then the ordinary way finds out why, and says so.

    Nothing of it may be kept before slot, publication and tables were checked.
    """
    everything = requests.Request(requests.RESNAPSHOT)
    if state.version == 0 or any(request == everything for _, request in requests.waiting(settings.requests)):
        return None
    options = stream_options(settings, state.position, binary=True, chunks=True, impatient=impatient)
    try:
        return Stream(settings.conninfo(), options).__enter__()
    except (LakewrightError, psycopg.Error, StreamEnded, SlotBusy, OSError):
        return None


def prepare_load(state: BronzeState) -> None:
    """In a thread, while the first load waits for the server, which has to look at its tables and to make the slot."""
    if state.version == 0:
        threading.Thread(target=_prepare, name="lakewright-prepare").start()


def _prepare() -> None:
    from lakewright.ingest.sources.postgres.duckdb_scan import prepare

    prepare()
