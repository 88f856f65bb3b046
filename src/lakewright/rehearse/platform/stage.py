"""Where a rehearsal plays: stand-ins for the sources, the local AWS, and a copy of the compiled Terraform beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lakewright.components.statements import trust
from lakewright.engines.duckdb import s3_reader
from lakewright.infra.compile import Compiled, compile_environment
from lakewright.infra.environment import rehearsal_environment, with_registry
from lakewright.infra.order import Step, chosen, sorted_steps
from lakewright.infra.override import Loopback, copy_for_rehearsal
from lakewright.infra.plans import Plans, files_digest
from lakewright.infra.proofs import Kept, Proofs
from lakewright.infra.run import Stacks
from lakewright.infra.terraform import Terraform, find_binary, find_plugins
from lakewright.infra.write import written
from lakewright.ingest.lock import held
from lakewright.observe import Observer
from lakewright.rehearse.aws.gates import EVERY_GATE
from lakewright.rehearse.aws.live.services import Services, living_aws
from lakewright.rehearse.aws.local import Credentials, LocalAws
from lakewright.rehearse.databricks.local import LocalDatabricks
from lakewright.rehearse.databricks.profiles import ACCOUNT, administrator, write_profiles
from lakewright.rehearse.platform.databricks import joined
from lakewright.rehearse.platform.given import put_certificates
from lakewright.rehearse.platform.source import Filling, ShopSize, StandIn, standing_in
from lakewright.spec import Project, load_project
from lakewright.spec.accounts import OtherAccount
from lakewright.storage.s3 import S3Storage

PROFILE = "administrator"
BESIDE = 6
"""Stacks at a time: two more than for real, since what only waits takes a place too (`infra/run_apart.py`)."""


@dataclass(frozen=True)
class Options:
    """How to rehearse. `only`: these stacks. `standins`: source → URL of a database on this machine."""

    environment: str
    only: tuple[str, ...] = ()
    size: ShopSize = field(default_factory=ShopSize)
    standins: Mapping[str, str] = field(default_factory=dict)
    plugins: Path | None = None
    destroy: bool = True


@dataclass
class Stage:
    """Everything that runs. `prepare` copies the compiled files here; then `stacks` can be applied."""

    project: Project
    options: Options
    folder: Path
    aws: LocalAws
    services: Services
    standins: tuple[StandIn, ...]
    filling: Filling
    terraform: Terraform
    compiled: Compiled
    overrides: Mapping[str, str] = field(default_factory=dict)
    applied: dict[str, str] = field(default_factory=dict)
    """Stack → digest of the files that were applied last."""
    ready: set[Path] = field(default_factory=set)
    databricks: LocalDatabricks | None = None
    """Where a stack needs one."""

    @property
    def account(self) -> str:
        return self.compiled.place.account

    @property
    def loopback(self) -> Loopback:
        home = self.folder / "home"
        region, host = self.compiled.place.region, self.databricks.host if self.databricks else ""
        return Loopback(self.aws.endpoint, region, home / "credentials", home / "config", PROFILE, host)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The stacks to be rehearsed, in order."""
        root = self.folder / "infra" / self.compiled.environment
        wanted = _with_upstream(self.compiled, self.options.only)
        return sorted_steps(
            Step(one.name, root / one.name, one.after, frozenset(one.follows))
            for one in self.compiled.stacks
            if one.name in wanted
        )

    @property
    def stacks(self) -> Stacks:
        """All of them."""
        return self._stacks(self.steps)

    @property
    def changed(self) -> Stacks:
        """Those whose files are others than when they were applied last, or that prove nothing any more since what they
        read of other stacks is other."""
        kept, last = self.proofs.kept, self.applied
        changed = [
            step.name
            for step in self.steps
            if last.get(step.name) != files_digest(step) or kept.has_read_other(step.name)
        ]
        self.ready -= {step.folder for step in self.steps if step.name in changed}
        return self._stacks(chosen(self.steps, changed) if changed else ())

    def only(self, names: Sequence[str]) -> Stacks:
        """The named ones."""
        return self._stacks(chosen(self.steps, names))

    def _stacks(self, steps: tuple[Step, ...]) -> Stacks:
        plans, scratch = Plans(self.folder / "plans"), self.folder / "bootstrap"
        careful = bool(self.applied)
        return Stacks(
            self.terraform, steps, plans, scratch, BESIDE, self.ready, self.proofs, careful=careful, may_delete=True
        )

    @property
    def proofs(self) -> Proofs:
        """What was applied in this rehearsal, by the records beside its states."""
        uri = f"s3://{self.compiled.state_bucket}/{self.compiled.environment}"
        kept = Kept(self.compiled, self.folder / "infra", lambda: S3Storage(uri, client=self.client("s3")))
        return Proofs(kept, lambda: "rehearsal")

    @property
    def stands(self) -> bool:
        """Whether somebody has begun to apply it: the bucket of its states is there."""
        return self.compiled.state_bucket in {one["Name"] for one in self.client("s3").list_buckets()["Buckets"]}

    def remember(self, names: Iterable[str]) -> None:
        """These stacks are applied as their files are now."""
        self.applied |= {step.name: files_digest(step) for step in self.steps if step.name in set(names)}

    def watch(self, observe: Observer) -> None:
        """Who hears of terraform from now on."""
        self.terraform = replace(self.terraform, observe=observe)

    def reload(self) -> None:
        """Reads and compiles the spec as it is now. Raises Mistakes, and nothing has changed then."""
        project = load_project(self.project.root)
        compiled = compile_environment(project, self.options.environment)
        self.project, self.compiled = project, compiled

    def prepare(self) -> Mapping[str, str]:
        """Puts the compiled files and what a person has beside them into the rehearsal's folder, with the override."""
        compiled = self.folder / "compiled"
        own = self.project.root / "infra"
        shutil.rmtree(compiled, ignore_errors=True)
        if own.is_dir():
            shutil.copytree(own, compiled, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
        written(self.compiled, compiled)
        target = self.folder / "infra"
        self.overrides = copy_for_rehearsal(compiled, self.compiled.environment, target, self.loopback)
        return self.overrides

    def client(self, service: str, role: str | None = None) -> Any:
        """A boto3 client of the environment's account: its administrator's, or one that took `role` through STS."""
        if role is None:
            return self.aws.client(service, account=self.account)
        taken = self.client("sts").assume_role(RoleArn=role, RoleSessionName="rehearsal")["Credentials"]
        key = Credentials(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
        return self.aws.client_of(key, service)


def _with_upstream(compiled: Compiled, only: Sequence[str]) -> frozenset[str]:
    """The named stacks and all that they need; all of them when none is named."""
    behind = compiled.behind
    wanted = set(only or behind)
    while more := {name for one in wanted for name in behind[one]} - wanted:
        wanted |= more
    return frozenset(wanted)


@contextmanager
def staged(project: Project, options: Options, observe: Observer) -> Iterator[Stage]:
    """Starts everything; ends everything, keys included, when the block ends. What the last rehearsal left is removed.

    Raises MissingError without terraform, Mistakes for a wrong spec, before anything slow begins.
    """
    binary, plugins = find_binary(os.environ), find_plugins(os.environ, options.plugins)
    folder = project.state_dir / "rehearsal" / options.environment
    with ExitStack() as stack:
        stack.enter_context(held(folder.with_suffix(".lock"), f"a rehearsal of {options.environment}"))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        standins = stack.enter_context(standing_in(project, options.standins, observe))
        compiled = compile_environment(project, options.environment)
        if "glue" in compiled.modules:
            s3_reader()  # its jobs would end without it, after minutes
        filling = Filling(standins, options.size)
        urls = {one.host: one.url for one in standins}
        place = compiled.place
        accounts = project.platform.environments[options.environment].accounts
        others = sorted({one.account for one in accounts.values()} - {place.account})
        aws, services = stack.enter_context(
            living_aws(
                [place.account, *others], folder / "aws", urls, gates=EVERY_GATE, observe=observe, region=place.region
            )
        )
        for one in others:
            _let_in(aws, one, place.account, accounts)
        put_certificates(aws, compiled)
        home = folder / "home"
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        profiles = {PROFILE: place.account} | {one: one for one in (place.account, *others)}
        profiles |= {one.profile: one.account for one in accounts.values() if one.profile}
        _log_in(home, aws, profiles, place.region)
        account_id = _databricks_account(project, options.environment)
        with_databricks = stack.enter_context(joined(compiled, account_id, folder, aws, plugins, observe))
        plugins = with_databricks.plugins
        environment = rehearsal_environment(os.environ, aws.endpoint, place.region, home) | with_databricks.environment
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lakewright" / "terraform"
        fetching = None if plugins else with_registry(environment, os.environ, cache)
        if fetching:
            cache.mkdir(parents=True, exist_ok=True)
        terraform = Terraform(binary, environment, plugins, fetching, observe=observe)
        stage = Stage(project, options, folder, aws, services, standins, filling, terraform, compiled)
        stage.databricks = with_databricks.databricks
        if stage.databricks is not None:
            write_profiles(home, {ACCOUNT: administrator(stage.databricks)})
        yield stage


def _databricks_account(project: Project, environment: str) -> str:
    """The id of the environment's Databricks account; "" for none."""
    found = project.platform.environments[environment].databricks
    return found.account_id if found else ""


def _let_in(aws: LocalAws, account: str, own: str, accounts: Mapping[str, OtherAccount]) -> None:
    """Makes the roles by which the environment's own account reaches another: they are there before Terraform."""
    iam = aws.client("iam", account=account)
    for role in sorted({one.role for one in accounts.values() if one.account == account and one.role}):
        trusted = trust(accounts=(own,))
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trusted)
        iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


def _log_in(home: Path, aws: LocalAws, profiles: Mapping[str, str], region: str) -> None:
    """Writes the profiles (name → account), for their owner only."""
    home.mkdir(mode=0o700)
    keys = {name: aws.credentials(account) for name, account in profiles.items()}
    secret = "".join(
        f"[{name}]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n" for name, key in keys.items()
    )
    settings = "".join(f"[profile {name}]\nregion = {region}\nendpoint_url = {aws.endpoint}\n" for name in profiles)
    for name, text in (("credentials", secret), ("config", settings)):
        descriptor = os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
