"""S3's daily metrics of buckets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.live.metric_store import Metric
from lakewright.rehearse.aws.live.world import World

NAMESPACE = "AWS/S3"
EVERY_SECONDS = 60.0


class BucketSizes:
    """Each bucket once a day by the rehearsal's clock, and a new one within a minute."""

    def __init__(self, world: World, accounts: Sequence[Moto]) -> None:
        self._world, self._accounts = world, accounts
        self._looked = world.clock.now()
        self._measured: dict[str, date] = {}

    def look(self, now: datetime) -> None:
        if (now - self._looked).total_seconds() < EVERY_SECONDS:
            return
        self._looked = now
        for moto in self._accounts:
            for name in self._buckets(moto):
                if self._measured.get(name) != now.date():
                    self._measured[name] = now.date()
                    self._measure(moto, name, now.timestamp())

    def _buckets(self, moto: Moto) -> list[str]:
        known = {one.name for one in self._world.aws.store.buckets()}
        try:
            listed = moto.call("s3", "ListBuckets").get("Buckets", ())
        except Fault:
            return []
        return [str(one["Name"]) for one in listed if one["Name"] in known]

    def _measure(self, moto: Moto, name: str, at: float) -> None:
        sizes = [path.stat().st_size for path in self._world.aws.store.folder(name).rglob("*") if path.is_file()]
        bucket = {"Name": "BucketName", "Value": name}
        figures = {
            "BucketSizeBytes": (float(sum(sizes)), "StandardStorage", "Bytes"),
            "NumberOfObjects": (float(len(sizes)), "AllStorageTypes", "Count"),
        }
        for metric, (value, kind, unit) in figures.items():
            dimensions = [bucket, {"Name": "StorageType", "Value": kind}]
            self._world.metrics.put(moto.account, Metric.of(NAMESPACE, metric, dimensions), value, at, unit)
