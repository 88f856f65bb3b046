"""DMS's and the ingester's inputs, and what neither may be told."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lakewright.components.component import Call, Context
from lakewright.components.registry import component
from lakewright.errors import SpecError
from lakewright.ingest.dms.settings import TaskSettings
from lakewright.ingest.mappings import TableMapping

from .data_lake import SPEC, decided, environment
from .roots import ACCOUNT, written


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return environment(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def dms(where: Context) -> Call:
    return decided(where, {}, "dms")["dms"]


@pytest.fixture(scope="module")
def ingester(where: Context) -> Call:
    return decided(where, {}, "ingester")["ingester"]


def test_the_mapping_is_dms_s_and_has_a_column_that_orders_changes(dms: Call) -> None:
    """AWS DMS User Guide, "Using transformation rule expressions": $AR_H_CHANGE_SEQ, 35 digits."""
    mapping = TableMapping.parse(str(dms.files["table-mappings.json"]))
    assert mapping.selects("erp", "invoice")
    assert mapping.selects("erp", "item_price")
    assert not mapping.selects("erp", "items")
    (rule,) = mapping.transformations
    assert (rule.action, rule.value, rule.expression) == ("add-column", "_dms_change_seq", "$AR_H_CHANGE_SEQ")


def test_the_files_are_those_that_bronze_reads(where: Context, dms: Call) -> None:
    target: Any = dms.inputs["target"]
    assert target["bucket"] == f"shop-dev-bronze-{ACCOUNT}"
    lake = json.loads(str(decided(where, {}, "glue")["glue"].files["lake.json"]))["sources"]["erp"]
    assert lake["timestamp_column"] == target["timestamp_column"]
    assert lake["folder"] == f"bronze/{target['folder']}" == "bronze/dms/erp"


def test_a_source_with_a_folder_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    spec = SPEC.replace("replication: dms", "replication: dms, dms: {folder: bronze/erp, timestamp_column: ts}")
    where = environment(tmp_path_factory.mktemp("folder"), spec=spec)
    both = decided(where, {}, "dms", "glue")
    target: Any = both["dms"].inputs["target"]
    assert (target["folder"], target["timestamp_column"]) == ("erp", "ts")
    said = json.loads(str(both["glue"].files["lake.json"]))["sources"]["erp"]
    assert (said["folder"], said["timestamp_column"]) == ("bronze/erp", "ts")
    crawlers: Any = both["glue"].inputs["crawlers"]
    assert crawlers["bronze-erp"]["path"].endswith("/erp/")
    assert crawlers["bronze-erp"]["table_level"] == 4


def test_the_task_s_settings_are_valid_and_cut_nothing_at_32_kilobytes(dms: Call) -> None:
    text = str(dms.files["task-settings.json"])
    assert TaskSettings.read(text).lob_bytes == 1024 * 1024


def test_roles_reach_one_secret_and_one_bucket(dms: Call) -> None:
    secret = written(dms, "secret_policy")["Statement"]
    assert secret[0]["Resource"] == ["${secret_arn}"]
    for statement in written(dms, "target_policy")["Statement"]:
        for resource in statement["Resource"]:
            assert resource.startswith(f"arn:aws:s3:::shop-dev-bronze-{ACCOUNT}") or resource == "${kms_key_arn}"


def test_protection_takes_two_zones_and_no_upgrades(tmp_path_factory: pytest.TempPathFactory) -> None:
    prod = environment(tmp_path_factory.mktemp("prod"), strict=True)
    inputs = decided(prod, {}, "dms")["dms"].inputs
    assert (inputs["multi_az"], inputs["protected"]) == (True, True)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"instance_class": "dms.t3.medum"}, "no instance class"),
        ({"instance_class": "db.t3.medium"}, "no instance class"),
        ({"compression": "snappy"}, "compression"),
        ({"tls": "none"}, "tls"),
        ({"tls": "verify-full"}, "needs `ca_certificate`"),
        ({"least_capacity": 8, "most_capacity": 4}, "below `least_capacity`"),
        ({"most_capacity": 5}, "most_capacity"),
        ({"storage": 4}, "storage"),
        ({"flush_seconds": 0}, "flush_seconds"),
        ({"engine_version": "3.4.7"}, "engine_version"),
        ({"load_tables": 50}, "load_tables"),
        ({"slot": "Shop-Slot"}, "slot"),
        ({"lob_kilobytes": 0}, "lob_kilobytes"),
    ],
)
def test_what_dms_refuses_is_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        component("dms").settings.model_validate(settings)


def test_a_call_needs_a_source_that_is_replicated_in_its_way(tmp_path_factory: pytest.TempPathFactory) -> None:
    where = environment(tmp_path_factory.mktemp("which"), spec=SPEC.replace(", replication: dms", ""))
    with pytest.raises(SpecError, match="LW1322"):
        decided(where, {}, "dms")
    with pytest.raises(SpecError, match=r"LW1322.*which source"):
        decided(where, {}, "ingester")
    with pytest.raises(SpecError, match=r"LW1322.*no source x"):
        decided(where, {"ingester": {"source": "x"}}, "ingester")


def test_the_ingester_s_settings_are_what_its_task_reads(tmp_path: Path, ingester: Call) -> None:
    from lakewright.ingest.task import SECRET, open_task
    from lakewright.storage.layered import BUCKETS

    command: Any = ingester.inputs["command"]
    key = command[1].removeprefix(f"s3://shop-dev-scripts-{ACCOUNT}/")
    (tmp_path / "scripts" / key).parent.mkdir(parents=True)
    (tmp_path / "scripts" / key).write_text(str(ingester.files["settings.json"]))
    folders = {f"shop-dev-{name}-{ACCOUNT}": str(tmp_path / name) for name in ("scripts", "bronze", "silver", "gold")}
    secret = {"host": "db.example.com", "port": 6432, "username": "u", "password": "p w'\\", "dbname": "orders"}
    environ = {BUCKETS: json.dumps(folders), SECRET: json.dumps(secret)}
    settings, storage = open_task(command, environ, tmp_path / "work")
    assert (settings.source, settings.tenant, settings.flush_seconds) == ("shop", "tenant_id", 2.0)
    assert settings.mapping.selects("public", "core_order")
    assert storage.location("bronze/core_order") == str(tmp_path / "bronze" / "core_order")
    told = settings.conninfo()
    assert "sslmode=require" in told
    assert "dbname=orders" in told
    assert "port=6432" in told


def test_a_task_without_its_secret_says_so(tmp_path: Path) -> None:
    import io

    from lakewright.ingest.task import main

    out = io.StringIO()
    assert main(["--settings", str(tmp_path / "none.json")], {}, threading.Event(), out) == 3
    assert "LW382" in out.getvalue()
    assert main([], {}, threading.Event(), out) == 2


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"count": 2}, "count"),
        ({"tls": "prefer"}, "tls"),
        ({"flush_seconds": 0.01}, "flush_seconds"),
        ({"tag": ""}, "tag"),
    ],
)
def test_what_an_ingester_cannot_be_is_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        component("ingester").settings.model_validate(settings)
