"""All live services together: made when the local AWS is there, ended before it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakewright.observe import Observer, ignore
from lakewright.rehearse.aws.gate import GateOver, Live, Moto
from lakewright.rehearse.aws.live.athena.handler import AthenaLive
from lakewright.rehearse.aws.live.clock import Clock
from lakewright.rehearse.aws.live.cloudwatch.figures import Figures
from lakewright.rehearse.aws.live.cloudwatch.handler import CloudWatchLive
from lakewright.rehearse.aws.live.cloudwatch.inbox import Inbox
from lakewright.rehearse.aws.live.cloudwatch.notices import Notices
from lakewright.rehearse.aws.live.dms.handler import Dms
from lakewright.rehearse.aws.live.ecs.handler import Ecs
from lakewright.rehearse.aws.live.events.bus import EventBus
from lakewright.rehearse.aws.live.events.sources import (
    alarm_event,
    crawl_event,
    job_event,
    replication_event,
    task_event,
)
from lakewright.rehearse.aws.live.events.targets import Targets
from lakewright.rehearse.aws.live.functions.handler import Functions
from lakewright.rehearse.aws.live.glue.handler import Glue
from lakewright.rehearse.aws.live.memory import Memory, Remembering
from lakewright.rehearse.aws.live.metric_store import MetricStore
from lakewright.rehearse.aws.live.rotation import Rotations
from lakewright.rehearse.aws.live.sizes import BucketSizes
from lakewright.rehearse.aws.live.standins import StandIns
from lakewright.rehearse.aws.live.ticker import Ticker
from lakewright.rehearse.aws.live.world import Work, World
from lakewright.rehearse.aws.live.writes import Writes
from lakewright.rehearse.aws.local import LocalAws, local_aws


@dataclass(frozen=True)
class Services:
    """What runs, for those who look at it from inside: tests and the rehearsal."""

    world: World
    work: Work
    ticker: Ticker
    writes: Writes
    dms: Dms
    glue: Glue
    athena: AthenaLive
    ecs: Ecs
    functions: Functions
    rotations: Rotations
    cloudwatch: CloudWatchLive
    notices: Notices
    events: EventBus

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def inbox(self) -> Inbox:
        """What subscribers of topics would have got."""
        return self.notices.inbox

    def handlers(self) -> Mapping[str, Live]:
        return {
            "dms": self.dms.answer,
            "glue": self.glue.answer,
            "athena": self.athena.answer,
            "ecs": self.ecs.answer,
            "lambda": self.functions.answer,
            "secretsmanager": self.rotations.answer,
            "cloudwatch": self.cloudwatch.answer,
            "sns": self.notices.answer,
            "events": self.events.answer,
            "logs": self.world.logs,
            "lakeformation": self.writes.answer,
        }

    def remembering(self, file: Path) -> Memory:
        """The memory of a local AWS that is kept."""
        parts: dict[str, Remembering] = {
            "clock": self.clock,
            "metrics": self.world.metrics,
            "alarms": self.cloudwatch,
            "jobs": self.glue.jobs,
            "crawls": self.glue.crawlers,
            "workflows": self.glue.workflows,
            "dms": self.dms,
            "rotations": self.rotations,
        }
        return Memory(file, parts, time.monotonic)

    def resume(self) -> None:
        """Takes up what was deployed before, in a state that was kept."""
        for account in self.world.aws.accounts:
            self.dms.resume(self.world.aws.moto.within(account))
        self.ecs.resume()

    def close(self) -> None:
        self.ticker.close()
        self.ecs.close()
        self.glue.close()
        self.dms.close()
        self.work.close()
        self.athena.close()


def services_of(
    aws: LocalAws,
    folder: Path,
    standins: Mapping[str, str],
    observe: Observer = ignore,
) -> Services:
    """Live services of a local AWS; nothing ticks yet."""
    clock = Clock()
    accounts = [aws.moto.within(account) for account in aws.accounts]
    world = World(aws, folder, clock, StandIns(standins), MetricStore(), observe, aws.gates)
    work, ticker, writes = Work(), Ticker(clock, observe), Writes()
    dms, glue, athena = Dms(world, work), Glue(world, work, accounts, writes), AthenaLive(world, writes)
    ecs, functions = Ecs(world, work, accounts), Functions(world, work, accounts)
    rotations = Rotations(world, work, accounts, functions.run)
    notices = Notices(Inbox(folder / "inbox.jsonl"), clock)
    cloudwatch = CloudWatchLive(world, Figures(world.metrics, athena.points), notices, accounts)
    events = EventBus(world, Targets(world, notices, glue.workflows.start), accounts)
    dms.on_end(lambda run: events.emit(run.moto, *replication_event(run)))
    glue.jobs.on_end(lambda run: events.emit(_of(accounts, run.account), *job_event(run)))
    glue.crawlers.on_end(lambda crawl: events.emit(_of(accounts, crawl.account), *crawl_event(crawl)))
    ecs.on_end(lambda task: events.emit(_of(accounts, task.arn.split(":")[4]), *task_event(task)))
    cloudwatch.on_change(lambda moto, alarm, before, now: events.emit(moto, *alarm_event(alarm, before, now)))
    for look in (
        dms.look,
        glue.look,
        ecs.look,
        events.look,
        functions.look,
        rotations.look,
        BucketSizes(world, accounts).look,
        cloudwatch.look,
    ):
        ticker.add(look)
    return Services(
        world, work, ticker, writes, dms, glue, athena, ecs, functions, rotations, cloudwatch, notices, events
    )


def _of(accounts: Sequence[Moto], account: str) -> Moto:
    return next(one for one in accounts if one.account == account)


@contextmanager
def living_aws(
    accounts: Sequence[str],
    folder: Path,
    standins: Mapping[str, str],
    *,
    gates: Sequence[GateOver] = (),
    observe: Observer = ignore,
    **options: Any,
) -> Iterator[tuple[LocalAws, Services]]:
    """A local AWS in which things happen. `standins`: host of a deployed source → PostgreSQL URL on this machine.

    `options` are `local_aws`'s: region, port, keep.
    """
    made: list[Services] = []

    def live(aws: LocalAws) -> Mapping[str, Live]:
        made.append(services_of(aws, folder / "live", standins, observe))
        return made[0].handlers()

    with local_aws(accounts, folder, live, gates=gates, observe=observe, **options) as aws:
        services = made[0]
        with _remembered(services, folder / "live" / "memory.json") if options.get("keep") else nullcontext():
            services.ticker.start()
            try:
                if options.get("keep"):
                    services.resume()
                yield aws, services
            finally:
                services.close()


@contextmanager
def _remembered(services: Services, file: Path) -> Iterator[None]:
    """Recalls what an earlier run knew; saves from time to time, and when everything has ended."""
    memory = services.remembering(file)
    memory.recall()
    services.glue.workflows.skip()
    services.events.skip()
    services.ticker.add(memory.look)
    try:
        yield
    finally:
        memory.save()
