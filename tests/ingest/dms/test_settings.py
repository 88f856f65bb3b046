"""What DMS refuses and what its settings mean; values from the DMS API reference and user guide."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lakewright.errors import SpecError
from lakewright.ingest.dms.control import control_tables
from lakewright.ingest.dms.names import ChangeNames, date_folder, load_name
from lakewright.ingest.dms.settings import S3Settings, SourceSettings, TaskSettings
from lakewright.ingest.dms.statistics import Progress
from lakewright.ingest.dms.types import dms_type
from lakewright.ingest.dms.values import interval_text
from lakewright.ingest.sources.postgres.catalog import SourceColumn

BASE = {"BucketName": "lake", "DataFormat": "parquet"}
MOMENT = datetime(2022, 10, 23, 1, 38, 30, 913999, UTC)


def test_defaults() -> None:
    found = S3Settings.read(BASE)
    assert (found.gzip, found.max_batch_seconds, found.min_file_bytes) == (False, 60, 32_000 * 1024)
    assert (found.row_group_rows, found.page_bytes, found.version) == (10_024, 1_024_000, "parquet-1-0")
    assert (found.op_in_full_load, found.op_in_changes, found.date_partition) == (False, True, False)
    assert TaskSettings.read(None).lob_bytes == 32 * 1024


@pytest.mark.parametrize(
    "wrong",
    [
        {"DataFormat": "csv"},
        {"DataFormat": None},
        {"BucketName": ""},
        {"PreserveTransactions": True, "CdcPath": "cdc"},
        {"CdcPath": "cdc"},
        {"CdcInsertsOnly": True, "CdcInsertsAndUpdates": True},
        {"CompressionType": "snappy"},
        {"EncodingType": "delta"},
        {"ParquetVersion": "parquet-3-0"},
        {"DatePartitionSequence": "YYYYDDMM"},
        {"DatePartitionDelimiter": "DOT"},
        {"DatePartitionTimezone": "Mars/Olympus"},
        {"GlueCatalogGeneration": True},
    ],
)
def test_refused_targets(wrong: dict[str, Any]) -> None:
    given = {key: value for key, value in {**BASE, **wrong}.items() if value is not None}
    with pytest.raises(SpecError, match="LW370"):
        S3Settings.read(given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"TargetMetadata": {"FullLobMode": True}},
        {"TargetMetadata": {"BatchApplyEnabled": True}},
        {"FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE"}},
    ],
)
def test_refused_tasks(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="LW371"):
        TaskSettings.read(json.dumps(wrong))
    with pytest.raises(SpecError, match="LW371"):
        TaskSettings.read("{")


@pytest.mark.parametrize(
    ("named", "given"),
    [
        ("ValidationSettings.EnableValidation", {"ValidationSettings": {"EnableValidation": True}}),
        ("TTSettings.EnableTT", {"TTSettings": {"EnableTT": True}}),
        ("LoopbackPreventionSettings.", {"LoopbackPreventionSettings": {"EnableLoopbackPrevention": True}}),
        ("BeforeImageSettings.EnableBeforeImage", {"BeforeImageSettings": {"EnableBeforeImage": True}}),
        ("TargetMetadata.TargetSchema", {"TargetMetadata": {"TargetSchema": "copy"}}),
        ("TargetMetadata.TaskRecoveryTableEnabled", {"TargetMetadata": {"TaskRecoveryTableEnabled": True}}),
        ("CharacterSetSettings", {"CharacterSetSettings": {"CharacterSetSupport": {"CharacterSet": "UTF16"}}}),
        ("PostProcessingRules", {"PostProcessingRules": [{"rule-type": "post-processing"}]}),
    ],
)
def test_what_is_not_played_is_refused_by_name(named: str, given: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="LW371") as refused:
        TaskSettings.read(json.dumps(given))
    assert named in refused.value.fact


def test_what_dms_writes_into_every_task_is_taken() -> None:
    """The switches as DescribeReplicationTasks shows them for a task that was made without settings."""
    off = {
        "TargetMetadata": {"TargetSchema": "", "SupportLobs": True, "TaskRecoveryTableEnabled": False},
        "ValidationSettings": {"EnableValidation": False, "ValidationOnly": False, "ThreadCount": 5},
        "TTSettings": {"EnableTT": False, "TTS3Settings": None},
        "BeforeImageSettings": None,
        "LoopbackPreventionSettings": None,
        "CharacterSetSettings": None,
        "PostProcessingRules": None,
    }
    assert TaskSettings.read(json.dumps(off)) == TaskSettings()


def test_names() -> None:
    assert [load_name(number) for number in (1, 9, 10, 16)] == [
        "LOAD00000001.parquet", "LOAD00000009.parquet", "LOAD0000000A.parquet", "LOAD00000010.parquet",
    ]  # fmt: skip
    names = ChangeNames()
    assert names.next(MOMENT) == "20221023-013830913.parquet"
    assert names.next(MOMENT) == "20221023-013830914.parquet"
    assert names.next(MOMENT.replace(year=2021)) == "20221023-013830915.parquet"


@pytest.mark.parametrize(
    ("sequence", "delimiter", "folder"),
    [
        ("YYYYMMDD", "SLASH", "2022/10/23/"),
        ("YYYYMMDD", "DASH", "2022-10-23/"),
        ("YYYYMMDDHH", "UNDERSCORE", "2022_10_23_01/"),
        ("YYYYMM", "NONE", "202210/"),
        ("MMYYYYDD", "SLASH", "10/2022/23/"),
        ("DDMMYYYY", "DASH", "23-10-2022/"),
    ],
)
def test_date_folders(sequence: str, delimiter: str, folder: str) -> None:
    given = {**BASE, "DatePartitionEnabled": True, "DatePartitionSequence": sequence}
    assert date_folder(S3Settings.read({**given, "DatePartitionDelimiter": delimiter}), MOMENT) == folder
    assert date_folder(S3Settings.read(BASE), MOMENT) == ""


def column(oid: int, typmod: int = -1, *, enum: bool = False) -> SourceColumn:
    return SourceColumn("c", oid, typmod, "", nullable=True, generated=False, declared_oid=oid, enum=enum)


@pytest.mark.parametrize(
    ("oid", "typmod", "expected"),
    [
        (20, -1, "INT8"), (1700, ((12 << 16) | 2) + 4, "NUMERIC"), (1700, ((45 << 16) | 2) + 4, "STRING"),
        (1700, -1, "NUMERIC"), (790, -1, "NUMERIC"), (1043, 24, "WSTRING"), (25, -1, "NCLOB"), (3802, -1, "NCLOB"),
        (17, -1, "BLOB"), (1184, -1, "DATETIME"), (1266, -1, "TIME"), (1186, -1, "STRING"), (1007, -1, "NCLOB"),
        (142, -1, "CLOB"), (16, -1, "CHAR"),
    ],
)  # fmt: skip
def test_types(oid: int, typmod: int, expected: str) -> None:
    assert dms_type(column(oid, typmod), SourceSettings()).name == expected


def test_types_that_settings_change() -> None:
    changed = SourceSettings.read({"MapBooleanAsBoolean": True, "MapLongVarcharAs": "nclob", "MapJsonbAsClob": True})
    assert [dms_type(column(oid), changed).name for oid in (16, 1043, 3802)] == ["BOOLEAN", "NCLOB", "CLOB"]
    assert dms_type(column(1043), SourceSettings()).name == "WSTRING"
    assert dms_type(column(99_999, enum=True), SourceSettings()).name == "STRING"
    with pytest.raises(SpecError, match="LW370"):
        SourceSettings.read({"MapLongVarcharAs": "text"})


@pytest.mark.parametrize(
    ("iso", "text"),
    [
        ("P1Y2M3DT4H5M6S", "1 YEAR, 2 MONTHS, 3 DAYS, 4 HOURS, 5 MINUTES, 6 SECONDS"),
        ("PT0S", "0 SECONDS"),
        ("P1D", "1 DAY"),
    ],
)
def test_intervals(iso: str, text: str) -> None:
    assert interval_text(iso) == text


def test_control_tables() -> None:
    progress = Progress()
    progress.meet("public", "t")
    progress.fail(("public", "t"), "CHANGE", "it broke")
    wanted = {"ControlTablesSettings": {"SuspendedTablesTableEnabled": True, "StatusTableEnabled": False}}
    found = control_tables("task", TaskSettings.read(json.dumps(wanted)), progress, MOMENT)
    assert sorted(found) == ["awsdms_apply_exceptions", "awsdms_suspended_tables"]
    (row,) = found["awsdms_apply_exceptions"]
    assert (row["TABLE_NAME"], row["STATEMENT"], row["ERROR"]) == ("t", "CHANGE", "it broke")
    assert found["awsdms_suspended_tables"][0]["TABLE_OWNER"] == "public"
