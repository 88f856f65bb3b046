"""What `lakewright serve` is made of: the project's people, tables and grants behind the local AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from lakewright.catalog import LocalCatalog, Snapshot
from lakewright.cli.governed import audit_log, lake_sources, reach_of
from lakewright.cli.serve_watch import Standing
from lakewright.cli.workspace import Workspace
from lakewright.errors import LakewrightError, SpecError
from lakewright.governance import Decision, Policy, Principal, Privilege, TableFacts, identities, policy_of
from lakewright.models import dialect
from lakewright.observe import Observer
from lakewright.query.athena.ddl.made import Made
from lakewright.query.athena.declared import declared_queries, declared_workgroups
from lakewright.query.athena.service import Athena, Settings
from lakewright.query.athena.sql import MACROS
from lakewright.query.governed import GovernedSession, Governor, LakeSources
from lakewright.query.lake import TABLE_LAYERS
from lakewright.rehearse.aws.app import App, Target
from lakewright.rehearse.aws.cloudwatch import CloudWatch
from lakewright.rehearse.aws.glue.feed import Feed
from lakewright.rehearse.aws.glue.host import GlueState
from lakewright.rehearse.aws.glue.lake_tables import lake_snapshot
from lakewright.rehearse.aws.glue.operations import GlueService
from lakewright.rehearse.aws.glue.statistics import Ask
from lakewright.rehearse.aws.identities import Identity
from lakewright.rehearse.aws.keys import AccessKey, Keyring
from lakewright.rehearse.aws.moto.host import MotoHost
from lakewright.rehearse.aws.moto.state import State
from lakewright.rehearse.aws.s3.front import S3Front
from lakewright.rehearse.aws.service import serving
from lakewright.rehearse.aws.sts import Sts
from lakewright.spec import Project
from lakewright.storage.folder_bucket import FolderBucket
from lakewright.storage.local import STAGING
from lakewright.storage.objects import ObjectStore

ACCOUNT, REGION = "000000000000", "us-east-1"
WORKERS_AHEAD = 8
"""So many queries may come at once before one waits for its process to be made; each takes some 5 MB."""


@dataclass(frozen=True)
class Grounds:
    """What a project says of who may see what, at one reading of its files."""

    workspace: Workspace

    @cached_property
    def policy(self) -> Policy:
        return policy_of(self.workspace.project)

    @cached_property
    def people(self) -> Mapping[str, Identity]:
        """The declared users."""
        found = identities(self.workspace.project.platform.access, self.policy)
        return {name: Identity(one, self.policy.is_administrator(one)) for name, one in found.items()}

    def sources(self) -> LakeSources:
        """The lake as it is now; tables stay open from query to query."""
        return self._sources()

    @cached_property
    def _sources(self) -> Callable[[], LakeSources]:
        return lake_sources(self.workspace, self.workspace.models)

    def versions(self, names: Sequence[str]) -> Mapping[str, int | None]:
        """The present version of tables; None where one has none."""
        lake = self.workspace.lake()
        return {name: lake.describe(name).version for name in names}

    def tables(self) -> Snapshot:
        """The lake's tables, for the catalog."""
        sources = self.sources()

        def is_delta(name: str) -> bool:
            return name.partition(".")[0] in TABLE_LAYERS and sources.view(name) is None

        def partition_by(name: str) -> Sequence[str]:
            model = self.workspace.models.get(name)
            return () if model is None or not is_delta(name) else model.partition_by

        return lake_snapshot(_described(sources), lake_home(self.workspace.project), is_delta, partition_by)

    def decide(
        self, policy: Policy, principal: Principal, name: str, columns: Mapping[str, str], privilege: Privilege
    ) -> Decision:
        """The grants' word on a table of the lake or of the catalog."""
        facts = TableFacts(name, columns, self._classes(name))
        return policy.decide(principal, facts, privilege, datetime.now(UTC))

    def _classes(self, name: str) -> Mapping[str, frozenset[str]]:
        try:
            return self.sources().facts(name).classes
        except LakewrightError:
            return {}


def lake_home(project: Project) -> str:
    """Where the catalog says that the lake lies: on S3 itself, or in the bucket that stands for its folder."""
    is_remote = project.lake_uri.startswith("s3://")
    return project.lake_uri.rstrip("/") if is_remote else f"s3://{lake_bucket(project)}"


def lake_bucket(project: Project) -> str:
    return f"{project.platform.platform}-lake"


def _folders(project: Project) -> Mapping[str, FolderBucket]:
    if project.lake_uri.startswith("s3://"):
        return {}
    name = lake_bucket(project)
    return {name: FolderBucket(name, Path(project.lake_uri), (f"{STAGING}/",))}


def _described(sources: LakeSources) -> Iterable[tuple[str, Mapping[str, str]]]:
    for name in sources.names():
        try:
            yield name, sources.facts(name).columns
        except LakewrightError:  # stopped or not yet loaded: it cannot be read now
            continue


@dataclass(frozen=True)
class Running:
    """The service, answering: where, for whom, and each principal's key."""

    port: int
    buckets: tuple[str, ...]
    keyring: Keyring
    standing: Standing[Grounds]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def keys(self) -> tuple[AccessKey, ...]:
        """Of those who may connect now."""
        return tuple(self.keyring.permanent.values())

    @property
    def identities(self) -> Mapping[str, Identity]:
        return self.standing.now.people


def _made_grounds(project: Project) -> Grounds:
    """Raises LakewrightError for what would fail later."""
    grounds = Grounds(Workspace(project))
    grounds.people  # noqa: B018 - found now
    grounds.sources()
    return grounds


@dataclass(frozen=True)
class _Parts:
    """What stands behind the port, and how it asks what is in force."""

    workspace: Workspace
    standing: Standing[Grounds]
    store: ObjectStore
    made: Made
    results: str
    observe: Observer

    def decide(self, principal: Principal, name: str, columns: Mapping[str, str], privilege: Privilege) -> Decision:
        types = self.made.canonical(name, columns)
        return self.standing.now.decide(self.made.policy(), principal, name, types, privilege)

    def governor(self) -> Governor:
        return Governor(
            lambda: self.made.sources(self.standing.now.sources()),
            self.made.policy,
            audit_log(self.workspace),
            reach=reach_of(self.workspace.project.lake_uri),
            preludes=("", MACROS),
            seldom=(dialect.MACROS,),
            ahead=WORKERS_AHEAD,
        )

    def athena(self, governor: Governor) -> Athena:
        project = self.workspace.project
        return Athena(
            project.state_dir / "athena",
            governor,
            self.store,
            workgroups=declared_workgroups(project, self.results),
            named_queries=declared_queries(project),
            administers=lambda principal: self.standing.now.policy.is_administrator(principal),
            versions=self.made.versions(lambda names: self.standing.now.versions(names)),
            commands=self.made.commands(self.decide),
            catalog=self.made.visible(self.decide),
            expand=self.made.views(self.decide).expand,
            settings=Settings(account=ACCOUNT),
            observe=self.observe,
        )


def counted(governor: Governor) -> Ask:
    """Statistics by a query of whoever asks for them, under the limits and in the audit of every query."""

    def ask(principal: Principal, statement: str) -> Sequence[Any]:
        rows = GovernedSession(governor, principal).run(statement).rows
        return [column[0].as_py() for column in rows.columns]

    return ask


@contextmanager
def running(workspace: Workspace, port: int, observe: Observer) -> Iterator[Running]:
    """The whole service, until the block ends. Raises LakewrightError when it cannot start."""
    project, grounds = workspace.project, Grounds(workspace)
    if not grounds.people:
        hint = "access: {users: {ana: {groups: [data-analysts]}}}"
        raise SpecError("LW1410", "nobody may connect: no users", place=project.place("access"), hint=hint)
    keyring = Keyring(grounds.people, time.time)
    results = f"{project.platform.platform}-athena-results"
    with ExitStack() as stack:
        host = MotoHost()
        stack.callback(host.close)
        moto = GlueState(State(host, ACCOUNT, REGION))
        store = ObjectStore(project.state_dir / "s3")
        stack.callback(store.close)
        buckets = (results, f"aws-athena-query-results-{ACCOUNT}-{REGION}")
        for bucket in buckets:
            store.create_bucket(bucket)

        def applied(fresh: Grounds) -> None:
            again = fresh.workspace.project
            keyring.keep(fresh.people)
            athena.declare(declared_workgroups(again, f"s3://{results}"), declared_queries(again))

        standing = Standing(project, grounds, _made_grounds, applied, observe)
        made = Made(
            LocalCatalog(project.state_dir / "catalog.json", lambda: standing.now.tables()),
            store,
            project.state_dir / "converted",
            principals=lambda: {name: one.principal for name, one in standing.now.people.items()},
            policy=lambda: standing.now.policy,
        )
        parts = _Parts(workspace, standing, store, made, f"s3://{results}", observe)
        governor = parts.governor()
        stack.callback(governor.close)
        athena = parts.athena(governor)
        made.guard(athena.may_fetch)
        stack.callback(athena.close)
        glue = GlueService(moto, Feed(moto, made.catalog), parts.decide, counted(governor))
        app = App(
            keyring,
            lambda: standing.now.people,
            {
                "athena": Target(
                    "AmazonAthena", lambda operation, body, caller, _: athena.call(operation, body, caller)
                ),
                "glue": Target("AWSGlue", glue.call),
            },
            S3Front(store, athena.may_fetch, _folders(project)),
            Sts(ACCOUNT, keyring, lambda: standing.now.people, lambda _who, _role: False),
            observe,
            CloudWatch(athena, time.time),
        )
        bound = stack.enter_context(serving(app, port))
        names = (*buckets, *_folders(project))
        yield Running(bound, names, keyring, standing)
