"""What `lakewright serve` is made of: the project's people, tables and grants behind the local AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from lakewright.catalog import LocalCatalog, Snapshot
from lakewright.cli.governed import lake_sources
from lakewright.cli.workspace import Workspace
from lakewright.errors import LakewrightError, SpecError
from lakewright.governance import Decision, Policy, Principal, Privilege, TableFacts, identities, policy_of
from lakewright.observe import Observer
from lakewright.query.athena.ddl.authority import Decide
from lakewright.query.athena.ddl.made import Made
from lakewright.query.athena.declared import declared_queries, declared_workgroups
from lakewright.query.athena.service import Athena, Settings
from lakewright.query.athena.sql import MACROS
from lakewright.query.audit import AuditLog
from lakewright.query.governed import Governor, LakeSources
from lakewright.rehearse.aws.app import App, Target
from lakewright.rehearse.aws.glue.feed import Feed
from lakewright.rehearse.aws.glue.host import MotoHost
from lakewright.rehearse.aws.glue.lake_tables import lake_snapshot
from lakewright.rehearse.aws.glue.operations import GlueService
from lakewright.rehearse.aws.identities import Identity
from lakewright.rehearse.aws.keys import AccessKey, Keyring
from lakewright.rehearse.aws.s3.front import S3Front
from lakewright.rehearse.aws.service import serving
from lakewright.rehearse.aws.sts import Sts
from lakewright.storage.objects import ObjectStore

ACCOUNT, REGION = "000000000000", "us-east-1"


@dataclass(frozen=True)
class Running:
    """The service, answering: where, and each principal's key."""

    port: int
    keys: tuple[AccessKey, ...]
    identities: Mapping[str, Identity]
    buckets: tuple[str, ...]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Grounds:
    """What a project says of who may see what, as its files are when the service starts."""

    workspace: Workspace

    @cached_property
    def policy(self) -> Policy:
        return policy_of(self.workspace.project)

    @cached_property
    def people(self) -> Mapping[str, Identity]:
        """The declared users. Raises SpecError LW1410 when there are none."""
        project = self.workspace.project
        found = identities(project.platform.access, self.policy)
        if not found:
            hint = "access: {users: {ana: {groups: [data-analysts]}}}"
            raise SpecError("LW1410", "nobody may connect: no users", place=project.place("access"), hint=hint)
        return {name: Identity(one, self.policy.is_administrator(one)) for name, one in found.items()}

    def sources(self) -> LakeSources:
        """The lake as it is now; tables stay open from query to query."""
        return self._sources()

    @cached_property
    def _sources(self) -> Callable[[], LakeSources]:
        return lake_sources(self.workspace, self.workspace.models)

    @cached_property
    def audit(self) -> AuditLog:
        return AuditLog(self._audit_folder, self.workspace.project.state_dir / "audit.head")

    @property
    def _audit_folder(self) -> Path:
        return self.workspace.project.state_dir / "audit"

    def versions(self, names: Sequence[str]) -> Mapping[str, int | None]:
        """The present version of tables; None where one has none."""
        lake = self.workspace.lake()
        return {name: lake.describe(name).version for name in names}

    def tables(self) -> Snapshot:
        """The lake's tables, for the catalog."""
        sources = self.sources()
        return lake_snapshot(_described(sources), f"{self.workspace.project.platform.platform}-lake")

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


def _described(sources: LakeSources) -> Iterable[tuple[str, Mapping[str, str]]]:
    for name in sources.names():
        try:
            yield name, sources.facts(name).columns
        except LakewrightError:  # stopped or not yet loaded: it cannot be read now
            continue


def _deciding(grounds: Grounds, made: Made) -> Decide:
    """The grants' word on any table, made ones by their owners too, as it is now."""

    def decide(principal: Principal, name: str, columns: Mapping[str, str], privilege: Privilege) -> Decision:
        return grounds.decide(made.policy(), principal, name, columns, privilege)

    return decide


def _athena(
    grounds: Grounds, governor: Governor, store: ObjectStore, made: Made, results: str, observe: Observer
) -> Athena:
    project = grounds.workspace.project
    decide = _deciding(grounds, made)
    return Athena(
        project.state_dir / "athena",
        governor,
        store,
        workgroups=declared_workgroups(project, results),
        named_queries=declared_queries(project),
        administers=grounds.policy.is_administrator,
        versions=made.versions(grounds.versions),
        commands=made.commands(decide),
        catalog=made.visible(decide),
        expand=made.views(decide).expand,
        settings=Settings(account=ACCOUNT),
        observe=observe,
    )


@contextmanager
def running(workspace: Workspace, port: int, observe: Observer) -> Iterator[Running]:
    """The whole service, until the block ends. Raises LakewrightError when it cannot start."""
    grounds = Grounds(workspace)
    people, project = grounds.people, workspace.project
    keyring = Keyring(people, time.time)
    with ExitStack() as stack:
        moto = MotoHost(ACCOUNT)
        stack.callback(moto.close)
        store = ObjectStore(project.state_dir / "s3")
        stack.callback(store.close)
        buckets = (f"{project.platform.platform}-athena-results", f"aws-athena-query-results-{ACCOUNT}-{REGION}")
        for bucket in buckets:
            store.create_bucket(bucket)
        made = Made(
            LocalCatalog(project.state_dir / "catalog.json", grounds.tables),
            store,
            project.state_dir / "converted",
            principals=lambda: {name: one.principal for name, one in people.items()},
            policy=lambda: grounds.policy,
        )
        governor = Governor(lambda: made.sources(grounds.sources()), made.policy, grounds.audit, preludes=("", MACROS))
        stack.callback(governor.close)
        glue = GlueService(moto, Feed(moto, made.catalog), _deciding(grounds, made))
        athena = _athena(grounds, governor, store, made, f"s3://{buckets[0]}", observe)
        made.guard(athena.may_fetch)
        stack.callback(athena.close)
        app = App(
            keyring,
            lambda: people,
            {
                "athena": Target(
                    "AmazonAthena", lambda operation, body, caller, _: athena.call(operation, body, caller)
                ),
                "glue": Target("AWSGlue", glue.call),
            },
            S3Front(store, athena.may_fetch),
            Sts(ACCOUNT, keyring, lambda: people, lambda _who, _role: False),
            observe,
        )
        bound = stack.enter_context(serving(app, port))
        yield Running(bound, tuple(keyring.permanent.values()), people, buckets)
