"""Which source a call replicates, and where its Bronze lies: one answer for who writes it and who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lakewright.components.component import Context
from lakewright.errors import SpecError
from lakewright.spec import Source


@dataclass(frozen=True, slots=True)
class DmsColumns:
    """Columns that DMS adds: the commit's time, and what orders the changes of a file."""

    timestamp: str
    sequence: str

    def of(self, source: Source) -> DmsColumns:
        """The source's own names for them, these ones by default."""
        given = source.dms
        if given is None:
            return self
        return DmsColumns(given.timestamp_column or self.timestamp, given.change_seq_column or self.sequence)


DMS_COLUMNS = DmsColumns("_dms_commit_ts", "_dms_change_seq")


def dms_folder(name: str, source: Source) -> str:
    """BucketFolder: the folder of the Bronze bucket below which DMS writes `schema/table/`; by default `dms/SOURCE`, so
    that no schema lies beside the ingester's tables."""
    declared = (source.dms.folder if source.dms else "").strip("/")
    return "/".join(declared.split("/")[declared.startswith("bronze/") :]) or f"dms/{name}"


def replicated_source(
    context: Context, call: str, wanted: str | None, by: Literal["dms", "lakewright"]
) -> tuple[str, Source]:
    """The source that a call is about: the named one, or the only one that is replicated in this way.

    Raises SpecError LW1322.
    """
    found = {name: source for name, source in context.project.platform.sources.items() if source.replication == by}
    if wanted is None and len(found) == 1:
        return next(iter(found.items()))
    if wanted in found:
        return str(wanted), found[str(wanted)]
    place = context.project.place("sources")
    fact = f"{call}: no source {wanted} has `replication: {by}`" if wanted else f"{call}: which source is meant?"
    hint = f"source: {' or '.join(found)}" if found else f"declare one with `replication: {by}`"
    raise SpecError("LW1322", fact, place=place, hint=hint)
