"""What blueprints without a replicated source are tried by: files through the workflow, artifacts, denials, secrets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from lakewright.rehearse.platform import processing
from lakewright.rehearse.platform.business_units import business_units
from lakewright.rehearse.platform.databricks_single import databricks_single
from lakewright.rehearse.platform.evidence import Tried
from lakewright.rehearse.platform.stage import Stage
from lakewright.rehearse.platform.waiting import until

SECONDS = 120.0
BAD_EVERY = 20
EVENTS = 200


def data_services(stage: Stage) -> Iterator[Tried]:
    """Files that are dropped into `raw/` come out as checked tables; secrets rotate and are in their place only."""
    yield from files_flow(stage)
    yield from secrets_rotate(stage)
    yield from secrets_apart(stage)


def zoned_promotion(stage: Stage) -> Iterator[Tried]:
    """The artifact store's function runs, every zone refuses other encryption, secrets are nowhere else."""
    yield from artifacts_filed(stage)
    yield from only_encrypted(stage)
    yield from zones_crawled(stage)
    yield from secrets_apart(stage)


BEHAVIOURS: Mapping[str, Callable[[Stage], Iterator[Tried]]] = {
    "business-units": business_units,
    "data-services": data_services,
    "databricks-single": databricks_single,
    "zoned-promotion": zoned_promotion,
}


def of(blueprint: str | None) -> Callable[[Stage], Iterator[Tried]] | None:
    """How a blueprint (`name@version`) is tried; None where it is not one of these."""
    return BEHAVIOURS.get((blueprint or "").partition("@")[0])


def _keys(stage: Stage, bucket: str) -> set[str]:
    pages = stage.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {one["Key"] for page in pages for one in page.get("Contents", ())}


def _json(stage: Stage, bucket: str, key: str) -> Any:
    return json.loads(stage.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def files_flow(stage: Stage) -> Iterator[Tried]:
    """200 events, every twentieth without its key, and two prices: what becomes of them is known beforehand."""
    s3, place = stage.client("s3"), stage.compiled.place
    lake, outputs = place.bucket("lake"), place.bucket("outputs")
    before = _keys(stage, outputs)
    rows = [{"event_id": n if n % BAD_EVERY else None, "at": "2026-01-01T00:00:00"} for n in range(EVENTS)]
    s3.put_object(Bucket=lake, Key="raw/events/2026/rehearsal.jsonl", Body="\n".join(map(json.dumps, rows)).encode())
    s3.put_object(Bucket=lake, Key="raw/feeds/rehearsal.csv", Body=b"id,price\n1,2.5\n2,3\n")
    run = processing.run_workflow(stage)
    failed = [f"{job.job}: {job.error or job.state.lower()}" for job in run.jobs if job.state != "SUCCEEDED"]
    fact = ", ".join(failed) or f"{len(run.jobs)} jobs, by the scripts that were uploaded"
    yield Tried("the workflow's jobs run", run.status == "COMPLETED" and bool(run.jobs) and not failed, fact)
    reports = sorted(_keys(stage, outputs) - before)
    found = _json(stage, outputs, reports[-1])["files"].values() if reports else ()
    seen = sorted((one["rows"], one["bad"]) for one in found)
    expected = [(2, 0), (EVENTS, EVENTS // BAD_EVERY)]
    yield Tried("every row is checked, and bad ones are put aside", seen == expected, f"rows and bad ones: {seen}")
    tables = processing.cataloged(stage, "data_lake_catalog", frozenset())
    wanted = {f"{zone}_{name}" for zone in ("raw", "processed") for name in ("events", "feeds")}
    missing = sorted(wanted - tables.found)
    yield Tried("crawlers find the tables", not missing, ", ".join(missing) or f"{len(wanted)} tables")


def artifacts_filed(stage: Stage) -> Iterator[Tried]:
    """Two uploads, one as declared and one not."""
    s3, bucket = stage.client("s3"), stage.compiled.place.bucket("artifacts")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    for name, data in (("job.whl", b"a wheel"), ("other.whl", b"another")):
        s3.put_object(Bucket=bucket, Key=f"incoming/{name}", Body=data, Metadata={"sha256": digest})
    wanted = {f"releases/{digest}/job.whl", "rejected/other.whl", "rejected/other.whl.reason.json"}

    def settled() -> set[str] | None:
        found = _keys(stage, bucket)
        return found if found == wanted else None

    until(settled, "the artifact store", SECONDS)
    yield Tried("artifacts are filed by their digest, or put aside", True, "one of each, by the deployed function")


def only_encrypted(stage: Stage) -> Iterator[Tried]:
    """Each zone is offered an object with S3's own key instead of the environment's."""
    s3 = stage.client("s3")
    names = sorted(one["Name"] for one in s3.list_buckets()["Buckets"])
    place = stage.compiled.place
    apart = {place.bucket(key) for key in ("state", "access-logs", "trail")}
    zones = [name for name in names if name not in apart]
    taken = [name for name in zones if _takes_other_encryption(s3, name)]
    fact = f"accepted by {', '.join(taken)}" if taken else f"refused by {len(zones)} buckets"
    yield Tried("nothing is written with another key", bool(zones) and not taken, fact)


def zones_crawled(stage: Stage) -> Iterator[Tried]:
    """A file in a folder of each zone that has a crawler becomes a table with the folder's name."""
    glue, s3, names = stage.client("glue"), stage.client("s3"), processing.crawlers(stage)
    databases = set()
    for name in names:
        crawler = glue.get_crawler(Name=name)["Crawler"]
        bucket, _, folder = crawler["Targets"]["S3Targets"][0]["Path"].removeprefix("s3://").partition("/")
        s3.put_object(Bucket=bucket, Key=f"{folder}orders/rehearsal.csv", Body=b"id,total\n1,2.5\n")
        databases.add(crawler["DatabaseName"])
    processing.crawl(stage, names)
    wanted = frozenset({"orders"})
    missing = sorted(one for one in databases if not wanted <= processing.cataloged(stage, one, wanted).found)
    fact = f"not in {', '.join(missing)}" if missing else f"in {len(databases)} zones"
    yield Tried("crawlers find what lies in the zones", bool(databases) and not missing, fact)


def _takes_other_encryption(s3: Any, bucket: str) -> bool:
    try:
        s3.put_object(Bucket=bucket, Key="rehearsal/x", Body=b"x", ServerSideEncryption="AES256")
    except ClientError as refused:
        return refused.response["Error"]["Code"] != "AccessDenied"
    return True


def secrets_rotate(stage: Stage) -> Iterator[Tried]:
    """Each secret that rotates is rotated now: what its function says is random changes, and nothing else."""
    manager = stage.client("secretsmanager")
    rotating = [one for one in manager.list_secrets()["SecretList"] if one.get("RotationEnabled")]
    wrong = []
    for one in rotating:
        said = stage.client("lambda").get_function_configuration(FunctionName=one["RotationLambdaARN"])
        parts = json.loads(said["Environment"]["Variables"]["PARTS"])[one["Name"]]["random"]
        before = _value(manager, one["ARN"])
        manager.rotate_secret(SecretId=one["ARN"])
        after = until(partial(_other, manager, one["ARN"], before), f"rotation of {one['Name']}", SECONDS)
        changed = sorted(name for name in before if before[name] != after[name])
        wrong += [] if changed == sorted(parts) else [f"{one['Name']}: {', '.join(changed)}"]
    fact = f"{len(rotating)} secrets, by the deployed function" if not wrong else f"changed: {'; '.join(wrong)}"
    yield Tried("secrets rotate", bool(rotating) and not wrong, fact)


def _value(manager: Any, arn: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(manager.get_secret_value(SecretId=arn)["SecretString"])
    return found


def _other(manager: Any, arn: str, old: dict[str, str]) -> dict[str, str] | None:
    found = _value(manager, arn)
    return found if found != old else None


def secrets_apart(stage: Stage) -> Iterator[Tried]:
    """Random parts of secrets: all different, and in no state."""
    manager, bucket = stage.client("secretsmanager"), stage.compiled.state_bucket
    declared = {"username", "engine", "port", "dbname", "host"}
    values = [
        text
        for one in manager.list_secrets()["SecretList"]
        for part, text in json.loads(manager.get_secret_value(SecretId=one["ARN"])["SecretString"]).items()
        if part not in declared
    ]
    yield Tried(
        "each secret has values of its own", len(set(values)) == len(values) > 0, f"{len(values)} random values"
    )
    states = {key: json.dumps(_json(stage, bucket, key)) for key in _keys(stage, bucket)}
    found = sorted(key for key, text in states.items() if any(value in text for value in values))
    yield Tried(
        "no state holds a secret", not found, f"found in {', '.join(found)}" if found else f"{len(states)} states"
    )
