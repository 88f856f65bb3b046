"""Glue's inputs: which models share a job, what waits for what, which target a crawler has, and what a job is given."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lakewright.components.component import Call, Context
from lakewright.components.glue.groups import groups
from lakewright.components.registry import component
from lakewright.components.schedules import runs_per_month
from lakewright.components.wheel import packed, wheel, wheel_name
from lakewright.errors import SpecError
from lakewright.models import Models, load_models
from lakewright.pipeline.glue_job import LakeFile, parse_arguments

from .data_lake import decided, environment
from .roots import ACCOUNT
from .test_lake_grants import values

HEADER = "/* lakewright\nkind: incremental_by_key\nkey: id\ncolumns: {id: bigint}\n*/\n"


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return environment(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def glue(where: Context) -> Call:
    return decided(where, {}, "glue")["glue"]


def models_of(folder: Path, **reads: str) -> Models:
    """Models by name (`silver_a`), each with the tables that it reads."""
    for name, tables in reads.items():
        layer, _, table = name.partition("_")
        (folder / layer).mkdir(exist_ok=True)
        sources = " UNION ALL ".join(f"SELECT id FROM {one}" for one in tables.split())
        (folder / layer / f"{table}.sql").write_text(HEADER + sources + "\n")
    return load_models([folder])


def test_every_model_is_in_one_job_and_no_job_waits_for_itself(where: Context) -> None:
    found = groups(where.models)
    named = [name for group in found for name in group.models]
    assert sorted(named) == sorted(where.models)
    done: set[str] = set()
    for _ in found:
        done |= {group.name for group in found if set(group.after) <= done}
    assert done == {group.name for group in found}


def test_a_job_waits_for_all_that_its_models_read(where: Context) -> None:
    found = groups(where.models)
    home = {name: group.name for group in found for name in group.models}
    for group in found:
        needed = {home[table] for name in group.models for table in where.models[name].inputs if table in home}
        assert set(group.after) == needed - {group.name}, group.name


def test_models_of_one_source_table_share_a_job_and_so_do_facts_that_several_read(tmp_path: Path) -> None:
    found = groups(
        models_of(
            tmp_path,
            silver_order="bronze.order",
            silver_status="changes.order",
            silver_person="bronze.person",
            gold_fact="silver.order",
            gold_revenue="gold.fact",
            gold_funnel="gold.fact silver.person",
        )
    )
    assert {(group.name, group.models, group.after) for group in found} == {
        ("bronze_to_silver_order", ("silver.order", "silver.status"), ()),
        ("bronze_to_silver_person", ("silver.person",), ()),
        ("silver_to_gold_conformed", ("gold.fact",), ("bronze_to_silver_order",)),
        ("silver_to_gold_revenue", ("gold.revenue",), ("silver_to_gold_conformed",)),
        ("silver_to_gold_funnel", ("gold.funnel",), ("bronze_to_silver_person", "silver_to_gold_conformed")),
    }


def test_triggers_start_each_job_once_and_only_after_what_it_waits_for(where: Context, glue: Call) -> None:
    triggers: Any = glue.inputs["triggers"]
    started = [job for trigger in triggers.values() for job in trigger.get("start_jobs", [])]
    jobs: Any = glue.inputs["jobs"]
    assert sorted(started) == sorted(jobs)
    for group in groups(where.models):
        (trigger,) = (one for one in triggers.values() if group.name in one.get("start_jobs", []))
        assert tuple(trigger.get("after", [])) == group.after
    assert triggers["start"]["schedule"] == "cron(15 0/6 * * ? *)"
    assert not any(trigger.get("start_crawlers") for trigger in triggers.values())
    crawled: Any = decided(where, {"glue": {"crawl_after": True}}, "glue")["glue"].inputs["triggers"]
    assert crawled["catalog_gold"]["start_crawlers"] == ["gold"]
    assert set(crawled["catalog_gold"]["after"]) == {name for name in jobs if name.startswith("silver_to_gold")}


def test_schedules_follow_protection_and_cost_what_they_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    glue = component("glue")
    dev, prod = (environment(tmp_path_factory.mktemp("env"), strict=strict) for strict in (False, True))
    said: Any = decided(prod, {}, "glue")["glue"].inputs
    assert said["triggers"]["start"]["schedule"] == "cron(15 * * * ? *)"
    assert said["crawlers"]["bronze"]["schedule"] == "cron(0 * * * ? *)"
    manual: Any = decided(prod, {"glue": {"schedule": None, "bronze_schedule": None}}, "glue")["glue"].inputs
    assert manual["triggers"]["start"]["schedule"] is None
    assert manual["crawlers"]["bronze"]["schedule"] is None

    def units(where: Context, **settings: Any) -> float:
        return sum(cost.quantity for cost in glue.costs(where, glue.settings.model_validate(settings)))

    assert 5 * units(dev) < units(prod) < 6 * units(dev) + 30
    assert units(prod, paused=True) == 0


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("cron(0 * * * ? *)", 730.0),
        ("cron(15 0/6 * * ? *)", 121.7),
        ("cron(30 2 * * ? *)", 30.4),
        ("cron(0 9 ? * MON *)", 4.3),
        ("cron(0 9 1 * ? *)", 1.0),
        (None, 0.0),
    ],
)
def test_how_often_a_schedule_runs(text: str | None, times: float) -> None:
    assert runs_per_month(text) == pytest.approx(times, abs=0.05)


def test_crawlers_have_the_target_of_the_format(glue: Call) -> None:
    """Crawling Delta with the S3 target makes tables of its log's files; DMS has a folder for the schema too."""
    crawlers: Any = glue.inputs["crawlers"]
    bronze, erp, silver = crawlers["bronze"], crawlers["bronze-erp"], crawlers["silver"]
    assert (bronze["path"], bronze["table_level"]) == (f"s3://shop-dev-bronze-{ACCOUNT}/", 2)
    assert bronze["exclusions"] == ["_lakewright/**", "dms/erp/**"], "DMS's folders are no tables of the ingester"
    assert (erp["path"], erp["table_level"]) == (f"s3://shop-dev-bronze-{ACCOUNT}/dms/erp/", 5)
    assert "path" not in silver
    assert f"s3://shop-dev-silver-{ACCOUNT}/order/" in silver["delta_tables"]


def test_views_are_deployed_as_tables(glue: Call) -> None:
    """A view's reader would need rights on Silver: Athena's views have the rights of who asks."""
    assert "kind: incremental_by_key\n" in str(glue.files["models/gold/fact_session.sql"])
    assert "gold.fact_session" in values(glue, "tables")
    crawlers: Any = glue.inputs["crawlers"]
    assert f"s3://shop-dev-gold-{ACCOUNT}/fact_session/" in crawlers["gold"]["delta_tables"]


def test_a_view_that_cannot_be_changed_is_refused(tmp_path: Path, where: Context) -> None:
    text = HEADER.replace("kind: incremental_by_key\nkey: id\ncolumns", "{kind: view, key: id, columns")
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "odd.sql").write_text(
        text.replace("bigint}\n*/", "bigint}}\n*/") + "SELECT id FROM bronze.a\n"
    )
    with pytest.raises(SpecError, match="LW1328"):
        decided(replace(where, models=load_models([tmp_path])), {}, "glue")


def test_a_job_finds_what_was_uploaded_for_it(where: Context, glue: Call) -> None:
    """The arguments that Terraform sets are those that the entry reads, and lake.json is what it expects."""
    jobs, common, uploads = (values(glue, name) for name in ("jobs", "common_arguments", "uploads"))
    given = {**common, **jobs["bronze_to_silver_order"]["arguments"]}
    arguments = parse_arguments([part for pair in given.items() for part in pair])
    assert arguments.models == ("silver.order", "silver.order_status_change")
    assert arguments.lake == f"s3://shop-dev-scripts-{ACCOUNT}/glue/lake.json"
    assert set(uploads) >= {"lake.json", "lakewright_job.py", wheel_name()}
    lake = LakeFile.parse(str(glue.files["lake.json"]))
    assert set(lake.models) <= set(uploads)
    assert lake.roots["gold"] == f"s3://shop-dev-gold-{ACCOUNT}"
    assert lake.sources["shop"] is None
    erp = lake.sources["erp"]
    assert erp is not None
    assert (erp.layout.folder, erp.layout.timestamp_column) == ("bronze/dms/erp", "_dms_commit_ts")
    assert all(set(group["arguments"]["--models"].split(",")) <= set(where.models) for group in jobs.values())


def test_names_fit_and_rules_name_the_key(glue: Call) -> None:
    jobs, rules = values(glue, "jobs"), values(glue, "rulesets")
    assert all(len(job["name"]) <= 64 for job in jobs.values())
    assert rules["gold-revenue-metrics"]["rules"] == (
        'Rules = [IsComplete "tenant_id", IsComplete "dt", IsPrimaryKey "tenant_id" "dt"]'
    )


def test_the_wheel_is_the_same_bytes_each_time_and_has_what_a_job_imports() -> None:
    with zipfile.ZipFile(io.BytesIO(wheel())) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert {"lakewright/pipeline/glue_job.py", "lakewright/storage/layered.py"} <= set(names)
    assert not any("__pycache__" in name or "/module/" in name for name in names)
    one = packed({"lakewright/b.py": b"1", "lakewright/a.py": b"2"}, {"METADATA": b"x"})
    assert one == packed({"lakewright/a.py": b"2", "lakewright/b.py": b"1"}, {"METADATA": b"x"})


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"glue_version": "4.0"}, "glue_version"),
        ({"workers": 1}, "greater than or equal to 2"),
        ({"worker_type": "Standard"}, "worker_type"),
        ({"timeout": 30}, "before `timeout`"),
        ({"schedule": "cron(0 0 31 2 ? *)"}, "never fires"),
        ({"log_days": 29}, "log_days"),
        ({"retries": 11}, "less than or equal to 10"),
    ],
)
def test_what_glue_refuses_is_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        component("glue").settings.model_validate(settings)
