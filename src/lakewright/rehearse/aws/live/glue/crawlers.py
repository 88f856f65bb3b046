"""StartCrawler and what follows: tables of Glue's catalog, made and changed with the rights of the crawler's role."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lakewright.catalog.definitions import Table
from lakewright.catalog.locations import parse_location
from lakewright.errors import LakewrightError
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.live.glue.crawling import delta_table, delta_targets, s3_targets, tables_of_files
from lakewright.rehearse.aws.live.glue.records import ENDED, Cause
from lakewright.rehearse.aws.live.world import Work, World
from lakewright.storage.objects import ObjectError

LOG_GROUP = "/aws-glue/crawlers"
PARTITIONS_AT_ONCE = 100
Ended = Callable[["Crawl"], object]


@dataclass
class Crawl:
    """One run of a crawler. `state`: RUNNING, then SUCCEEDED, FAILED or CANCELLED."""

    crawler: str
    account: str
    started: datetime
    cause: Cause = field(default_factory=Cause)
    state: str = "RUNNING"
    error: str = ""
    ended: datetime | None = None
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    stopping: bool = False

    @property
    def active(self) -> bool:
        return self.state == "RUNNING"

    @property
    def seconds(self) -> float:
        return ((self.ended or self.started) - self.started).total_seconds()

    def last(self) -> dict[str, Any]:
        """Glue's LastCrawl."""
        found: dict[str, Any] = {
            "Status": self.state,
            "LogGroup": LOG_GROUP,
            "LogStream": self.crawler,
            "MessagePrefix": f"{self.started:%Y%m%d%H%M%S}",
            "StartTime": self.started,
        }
        return found | ({"ErrorMessage": self.error} if self.error else {})


class Crawlers:
    """All crawls. `on_end` is told of each that is over."""

    def __init__(self, world: World, work: Work) -> None:
        self._world, self._work = world, work
        self._crawls: dict[tuple[str, str], list[Crawl]] = {}
        self._lock = threading.Lock()
        self._listeners: list[Ended] = []

    def on_end(self, listener: Ended) -> None:
        self._listeners.append(listener)

    def crawls(self, moto: Moto, name: str) -> list[Crawl]:
        """Oldest first."""
        with self._lock:
            return list(self._crawls.get((moto.account, name), ()))

    def kept(self) -> list[dict[str, Any]]:
        """As `Remembering`."""
        with self._lock:
            return [asdict(crawl) for crawls in self._crawls.values() for crawl in crawls]

    def recall(self, found: Iterable[Mapping[str, Any]]) -> None:
        with self._lock:
            for one in found:
                crawl = Crawl(**{**one, "cause": Cause(**one["cause"])})
                if crawl.active:
                    crawl.state, crawl.error = "CANCELLED", ENDED
                self._crawls.setdefault((crawl.account, crawl.crawler), []).append(crawl)

    def start(self, moto: Moto, name: str, cause: Cause | None = None) -> Crawl:
        """Raises Fault: no such crawler, or it runs."""
        crawler = moto.call("glue", "GetCrawler", Name=name)["Crawler"]
        crawl = Crawl(name, moto.account, self._world.clock.now(), cause or Cause())
        with self._lock:
            crawls = self._crawls.setdefault((moto.account, name), [])
            if crawls and crawls[-1].active:
                raise Fault("CrawlerRunningException", f"Crawler with name {name} has already started")
            crawls.append(crawl)
        self._work.start(f"crawl-{name}", lambda: self._run(crawl, crawler, moto))
        return crawl

    def stop(self, moto: Moto, name: str) -> None:
        """Raises Fault: it does not run."""
        crawls = self.crawls(moto, name)
        if not crawls or not crawls[-1].active:
            raise Fault("CrawlerNotRunningException", f"Crawler with name {name} isn't running")
        crawls[-1].stopping = True

    def _run(self, crawl: Crawl, crawler: Mapping[str, Any], moto: Moto) -> None:
        self._say(crawl, moto, "INFO", f"Crawler {crawl.crawler} started")
        try:
            self._crawl(crawl, crawler, moto)
            state = "CANCELLED" if crawl.stopping else "SUCCEEDED"
        except ClientError as error:
            state, crawl.error = "FAILED", f"as {crawler['Role']}: {error.response['Error']['Message']}"
        except (LakewrightError, Fault, ObjectError) as error:
            state, crawl.error = "FAILED", str(error)
        except Exception as error:  # the end of the thread: a crawl that breaks says so
            state, crawl.error = "FAILED", f"{type(error).__name__}: {error}"
        crawl.ended = self._world.clock.now()
        words = f"{len(crawl.created)} tables created, {len(crawl.updated)} updated"
        self._say(crawl, moto, "ERROR" if crawl.error else "INFO", crawl.error or words)
        crawl.state = state
        for listener in self._listeners:
            listener(crawl)

    def _say(self, crawl: Crawl, moto: Moto, level: str, text: str) -> None:
        self._world.log(moto, LOG_GROUP, crawl.crawler, [f"{level} : {text}"], make=True)

    def _crawl(self, crawl: Crawl, crawler: Mapping[str, Any], moto: Moto) -> None:
        role = str(crawler["Role"])
        role = role if role.startswith("arn:") else f"arn:aws:iam::{moto.account}:role/{role.lstrip('/')}"
        glue = self._world.aws.client("glue", role=role)
        for table in self._found(crawl, crawler, role, moto):
            if crawl.stopping:
                return
            self._bring(glue, crawl, table, merges=_merges(crawler))

    def _found(self, crawl: Crawl, crawler: Mapping[str, Any], role: str, moto: Moto) -> Iterator[Table]:
        database, prefix = str(crawler["DatabaseName"]), str(crawler.get("TablePrefix") or "")
        for target in s3_targets(crawler):
            folder = self._readable(target.path, role)
            yield from tables_of_files(folder, target, database, prefix, "owner")
        for uri in delta_targets(crawler):
            table = delta_table(self._readable(uri, role), uri, database, prefix, "owner")
            if table is None:
                self._say(crawl, moto, "WARN", f"there is no Delta table at {uri} yet")
            else:
                yield table

    def _readable(self, uri: str, role: str) -> Any:
        """The bucket's folder, once the role has listed the path and read an object of it."""
        where = parse_location(uri if uri.endswith("/") else f"{uri}/")
        s3 = self._world.aws.client("s3", role=role)
        listed = s3.list_objects_v2(Bucket=where.bucket, Prefix=where.prefix, MaxKeys=1).get("Contents", ())
        for one in listed:
            s3.head_object(Bucket=where.bucket, Key=one["Key"])
        return self._world.aws.store.folder(where.bucket)

    def _bring(self, glue: Any, crawl: Crawl, new: Table, *, merges: bool) -> None:
        name = str(new.definition["Name"])
        definition = {**new.definition, "Parameters": {**new.parameters, "UPDATED_BY_CRAWLER": crawl.crawler}}
        try:
            old = glue.get_table(DatabaseName=new.database, Name=name)["Table"]
        except glue.exceptions.EntityNotFoundException:
            glue.create_table(DatabaseName=new.database, TableInput=definition)
            crawl.created.append(name)
        else:
            changed = _updated(old, definition, merges=merges)
            if changed is None:
                crawl.unchanged.append(name)
            else:
                glue.update_table(DatabaseName=new.database, TableInput=changed)
                crawl.updated.append(name)
        self._partitions(glue, new, name)

    def _partitions(self, glue: Any, new: Table, name: str) -> None:
        if not new.partitions:
            return
        pages = glue.get_paginator("get_partitions").paginate(DatabaseName=new.database, TableName=name)
        known = {tuple(one["Values"]) for page in pages for one in page["Partitions"]}
        fresh = [dict(one) for one in new.partitions if tuple(one["Values"]) not in known]
        for begin in range(0, len(fresh), PARTITIONS_AT_ONCE):
            some = fresh[begin : begin + PARTITIONS_AT_ONCE]
            glue.batch_create_partition(DatabaseName=new.database, TableName=name, PartitionInputList=some)


def _merges(crawler: Mapping[str, Any]) -> bool:
    return "MergeNewColumns" in str(crawler.get("Configuration") or "")


def _updated(old: Mapping[str, Any], new: Mapping[str, Any], *, merges: bool) -> dict[str, Any] | None:
    """The definition as it should be now; None when nothing changes. Comments and merged columns stay."""
    columns = _columns(old, new, merges=merges)
    storage = {**new["StorageDescriptor"], "Columns": columns}
    keys = [dict(one) for one in new["PartitionKeys"]]
    parameters = {**old.get("Parameters", {}), **new["Parameters"]}
    before = old.get("StorageDescriptor", {})
    same = [
        [(one["Name"], one["Type"]) for one in before.get("Columns", ())]
        == [(one["Name"], one["Type"]) for one in columns],
        [one["Name"] for one in old.get("PartitionKeys", ())] == [one["Name"] for one in keys],
        {**old.get("Parameters", {})} == parameters,
        before.get("Location", "").rstrip("/") == storage["Location"].rstrip("/"),
    ]
    if all(same):
        return None
    kept = {name: old[name] for name in ("Description", "Owner", "Retention") if old.get(name) is not None}
    return {**new, **kept, "StorageDescriptor": storage, "PartitionKeys": keys, "Parameters": parameters}


def _columns(old: Mapping[str, Any], new: Mapping[str, Any], *, merges: bool) -> list[dict[str, Any]]:
    before = {one["Name"]: one for one in old.get("StorageDescriptor", {}).get("Columns", ())}
    found = {one["Name"]: one for one in new["StorageDescriptor"]["Columns"]}
    keys = {one["Name"] for one in new["PartitionKeys"]}
    kept = {name: one for name, one in before.items() if name not in keys and (merges or name in found)}
    merged = {**kept, **{name: one for name, one in found.items() if name not in kept or not merges}}
    comments = {name: one["Comment"] for name, one in before.items() if one.get("Comment")}
    return [{**one, **({"Comment": comments[name]} if name in comments else {})} for name, one in merged.items()]
