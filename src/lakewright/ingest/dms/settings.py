"""DMS's endpoint and task settings as frozen values, read from the shapes that its API takes.

Names and defaults are those of the DMS API reference (S3Settings, PostgreSQLSettings, ReplicationTaskSettings).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from lakewright.errors import SpecError

KILOBYTE = 1024
DATE_SEQUENCES: Mapping[str, tuple[str, ...]] = {
    "YYYYMMDD": ("%Y", "%m", "%d"),
    "YYYYMMDDHH": ("%Y", "%m", "%d", "%H"),
    "YYYYMM": ("%Y", "%m"),
    "MMYYYYDD": ("%m", "%Y", "%d"),
    "DDMMYYYY": ("%d", "%m", "%Y"),
}
DELIMITERS: Mapping[str, str] = {"SLASH": "/", "DASH": "-", "UNDERSCORE": "_", "NONE": ""}
ENCODINGS = ("plain", "plain-dictionary", "rle-dictionary")
VERSIONS: Mapping[str, str] = {"parquet-1-0": "1.0", "parquet-2-0": "2.6"}


@dataclass(frozen=True)
class S3Settings:
    """An S3 target. Sizes are in bytes, intervals in seconds."""

    bucket: str
    folder: str = ""
    gzip: bool = False
    timestamp_column: str | None = None
    op_in_full_load: bool = False
    inserts_only: bool = False
    inserts_and_updates: bool = False
    date_partition: bool = False
    date_sequence: str = "YYYYMMDD"
    date_delimiter: str = "SLASH"
    date_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    max_batch_seconds: float = 60.0
    min_file_bytes: int = 32_000 * KILOBYTE
    max_file_bytes: int = 1_048_576 * KILOBYTE
    row_group_rows: int = 10_024
    page_bytes: int = 1_024_000
    dictionary_page_bytes: int = 1_024_000
    encoding: str = "rle-dictionary"
    version: str = "parquet-1-0"
    statistics: bool = True
    millisecond_timestamps: bool = False
    task_start_as_load_time: bool = False

    @classmethod
    def read(cls, given: Mapping[str, Any], place: str = "S3Settings") -> S3Settings:
        """From the API's S3Settings. Raises SpecError LW370 for what DMS refuses, or what is not played here."""
        _check_target(given, place)
        at = _Reader(given, place)
        return cls(
            bucket=str(given["BucketName"]),
            folder=str(given.get("BucketFolder") or "").strip("/"),
            gzip=at.choice("CompressionType", "none", ("none", "gzip")) == "gzip",
            timestamp_column=given.get("TimestampColumnName") or None,
            op_in_full_load=at.truth("IncludeOpForFullLoad"),
            inserts_only=at.truth("CdcInsertsOnly"),
            inserts_and_updates=at.truth("CdcInsertsAndUpdates"),
            date_partition=at.truth("DatePartitionEnabled"),
            date_sequence=at.choice("DatePartitionSequence", "YYYYMMDD", tuple(DATE_SEQUENCES)),
            date_delimiter=at.choice("DatePartitionDelimiter", "SLASH", tuple(DELIMITERS)),
            date_zone=_zone(given.get("DatePartitionTimezone"), place),
            max_batch_seconds=float(given.get("CdcMaxBatchInterval") or 60),
            min_file_bytes=int(given.get("CdcMinFileSize") or 32_000) * KILOBYTE,
            max_file_bytes=int(given.get("MaxFileSize") or 1_048_576) * KILOBYTE,
            row_group_rows=int(given.get("RowGroupLength") or 10_024),
            page_bytes=int(given.get("DataPageSize") or 1_024_000),
            dictionary_page_bytes=int(given.get("DictPageSizeLimit") or 1_024_000),
            encoding=at.choice("EncodingType", "rle-dictionary", ENCODINGS),
            version=at.choice("ParquetVersion", "parquet-1-0", tuple(VERSIONS)),
            statistics=bool(given.get("EnableStatistics", True)),
            millisecond_timestamps=at.truth("ParquetTimestampInMillisecond"),
            task_start_as_load_time=at.truth("UseTaskStartTimeForFullLoadTimestamp"),
        )

    @property
    def op_in_changes(self) -> bool:
        """Whether rows of changes tell their operation: those of "inserts only" and "inserts and updates" do so only
        if those of the full load do."""
        return self.op_in_full_load or not (self.inserts_only or self.inserts_and_updates)

    @property
    def operations(self) -> frozenset[str]:
        """The kinds of changes that are written."""
        if self.inserts_only:
            return frozenset("I")
        return frozenset("IU") if self.inserts_and_updates else frozenset("IUD")

    def table_folder(self, schema: str, table: str) -> str:
        return "/".join(part for part in (self.folder, schema, table) if part)


def _check_target(given: Mapping[str, Any], place: str) -> None:
    at = _Reader(given, place)
    if not given.get("BucketName"):
        raise _wrong(place, "BucketName is missing")
    if given.get("DataFormat", "csv") != "parquet":
        hint = "DataFormat parquet; its default is csv"
        raise _wrong(place, f"DataFormat {given.get('DataFormat', 'csv')} is not played by the local DMS", hint)
    if at.truth("PreserveTransactions"):
        raise _wrong(place, "PreserveTransactions writes CSV only", "leave it out; the files' order is by commit")
    if at.truth("PreserveTransactions") != bool(given.get("CdcPath")):
        raise _wrong(place, "CdcPath without PreserveTransactions means nothing for Parquet", "leave CdcPath out")
    if at.truth("GlueCatalogGeneration"):
        hint = "crawl the bucket instead"
        raise _wrong(place, "GlueCatalogGeneration is not played by the local DMS", hint)
    if at.truth("CdcInsertsOnly") and at.truth("CdcInsertsAndUpdates"):
        raise _wrong(place, "CdcInsertsOnly and CdcInsertsAndUpdates exclude each other", "set one of them")


def _zone(name: Any, place: str) -> ZoneInfo:
    try:
        return ZoneInfo(str(name or "UTC"))
    except (KeyError, ValueError):
        raise _wrong(place, f"DatePartitionTimezone {name} is not known", "a name such as Europe/Paris") from None


@dataclass(frozen=True)
class SourceSettings:
    """A PostgreSQL source endpoint's settings that shape values."""

    boolean_as_boolean: bool = False
    long_varchar_as: str = "wstring"
    jsonb_as_clob: bool = False
    fail_on_truncation: bool = False
    slot: str | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any], place: str = "PostgreSQLSettings") -> SourceSettings:
        at = _Reader(given, place)
        return cls(
            boolean_as_boolean=at.truth("MapBooleanAsBoolean"),
            long_varchar_as=at.choice("MapLongVarcharAs", "wstring", ("wstring", "clob", "nclob")),
            jsonb_as_clob=at.truth("MapJsonbAsClob"),
            fail_on_truncation=at.truth("FailTasksOnLobTruncation"),
            slot=given.get("SlotName") or None,
        )


@dataclass(frozen=True)
class TaskSettings:
    """A task's settings that change what happens. `lob_bytes`: where large values are cut; None: they are left out."""

    lob_bytes: int | None = 32 * KILOBYTE
    prepare: str = "DROP_AND_CREATE"
    sub_tasks: int = 8
    stop_after_load: bool = False
    fail_without_tables: bool = True
    control_tables: frozenset[str] = frozenset({"awsdms_apply_exceptions"})

    @classmethod
    def read(cls, text: str | None, place: str = "ReplicationTaskSettings") -> TaskSettings:
        """From the task's settings (JSON; None: all defaults). Raises SpecError LW371."""
        given = _parsed(text, place)
        target, load = given.get("TargetMetadata", {}), given.get("FullLoadSettings", {})
        control = given.get("ControlTablesSettings", {})
        if target.get("FullLobMode"):
            raise _bad_task(place, "FullLobMode is not supported for S3 targets", "LimitedSizeLobMode with LobMaxSize")
        if target.get("BatchApplyEnabled"):
            raise _bad_task(place, "BatchApplyEnabled loses data on S3 targets", "set it to false")
        _check_played(given, place)
        prepare = load.get("TargetTablePrepMode", "DROP_AND_CREATE")
        if prepare not in ("DO_NOTHING", "DROP_AND_CREATE", "TRUNCATE_BEFORE_LOAD"):
            raise _bad_task(place, f"TargetTablePrepMode {prepare} is none", "DO_NOTHING or DROP_AND_CREATE")
        ends = ("StopTaskCachedChangesApplied", "StopTaskCachedChangesNotApplied")
        wanted = {name for name, setting in CONTROL_SETTINGS.items() if control.get(setting)}
        return cls(
            lob_bytes=int(target.get("LobMaxSize") or 32) * KILOBYTE if target.get("SupportLobs", True) else None,
            prepare=prepare,
            sub_tasks=max(1, min(int(load.get("MaxFullLoadSubTasks", 8)), 49)),
            stop_after_load=any(load.get(name) for name in ends),
            fail_without_tables=bool(given.get("ErrorBehavior", {}).get("FailOnNoTablesCaptured", True)),
            control_tables=frozenset({"awsdms_apply_exceptions", *wanted}),
        )


CONTROL_SETTINGS: Mapping[str, str] = {
    "awsdms_history": "HistoryTableEnabled",
    "awsdms_status": "StatusTableEnabled",
    "awsdms_suspended_tables": "SuspendedTablesTableEnabled",
}


NOT_PLAYED: Mapping[str, tuple[str, ...]] = {
    "TargetMetadata": ("TargetSchema", "TaskRecoveryTableEnabled"),
    "ValidationSettings": ("EnableValidation",),
    "BeforeImageSettings": ("EnableBeforeImage",),
    "LoopbackPreventionSettings": ("EnableLoopbackPrevention",),
    "TTSettings": ("EnableTT",),
    "CharacterSetSettings": (),
    "PostProcessingRules": (),
}
"""Sections of a task's settings and what must not be on in them; of the last ones nothing may be set."""


def _check_played(given: Mapping[str, Any], place: str) -> None:
    for section, switches in NOT_PLAYED.items():
        for name in switches:
            if given.get(section, {}).get(name):
                raise _bad_task(place, f"{section}.{name} is not played by the local DMS", "leave it out")
        if not switches and given.get(section):
            raise _bad_task(place, f"{section} is not played by the local DMS", "leave it out")


def _parsed(text: str | None, place: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise _bad_task(place, f"no JSON: {error}") from None
    if not isinstance(found, dict):
        raise _bad_task(place, "an object belongs here")
    return {key: value or {} for key, value in found.items()}


@dataclass(frozen=True)
class _Reader:
    given: Mapping[str, Any]
    place: str

    def truth(self, name: str) -> bool:
        return self.given.get(name) in (True, "true", "True")

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of `allowed`, in whatever case it was given."""
        wanted = str(self.given.get(name) or default).lower()
        for one in allowed:
            if one.lower() == wanted:
                return one
        raise _wrong(self.place, f"{name} {self.given[name]} is none of {', '.join(allowed)}")


def _wrong(place: str, fact: str, hint: str = "") -> SpecError:
    return SpecError("LW370", fact, place=place, hint=hint)


def _bad_task(place: str, fact: str, hint: str = "") -> SpecError:
    return SpecError("LW371", fact, place=place, hint=hint)
