"""The local AWS as a whole: some accounts, one endpoint on loopback, state in one folder.

`with local_aws(["111111111111"], folder) as aws:` answers at `aws.endpoint` until the block ends. Terraform, boto3 and
the CLI use it with `aws.environment(account)` alone.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakewright.observe import Observer, ignore
from lakewright.rehearse.aws.app import App
from lakewright.rehearse.aws.coverage import Coverage
from lakewright.rehearse.aws.functions import Functions
from lakewright.rehearse.aws.gate import Asked, Gate, GateOver, Live, Moto
from lakewright.rehearse.aws.hub import Hub
from lakewright.rehearse.aws.identities import Identity
from lakewright.rehearse.aws.keys import AccessKey, Keyring
from lakewright.rehearse.aws.moto.host import MotoHost
from lakewright.rehearse.aws.moto.state import State
from lakewright.rehearse.aws.roles import Roles, identity_of
from lakewright.rehearse.aws.s3.cloud import Cloud
from lakewright.rehearse.aws.s3.folders import FolderStore
from lakewright.rehearse.aws.s3.front import S3Front
from lakewright.rehearse.aws.service import serving

REGION = "us-east-1"
JOURNAL = "moto.jsonl"
SESSION_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Credentials:
    """An access key; `token` is empty for permanent ones."""

    id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS. `store` has the objects of all buckets; `store.folder(bucket)` is where they lie as files.

    `moto` is the state of the first account; `moto.within(account)` of another. Both pass no gate. `gates` are those
    that requests pass.
    """

    endpoint: str
    accounts: tuple[str, ...]
    region: str
    store: FolderStore
    moto: State
    coverage: Coverage
    keyring: Keyring
    roles: Roles
    gates: tuple[Gate, ...] = ()

    def credentials(self, account: str | None = None) -> Credentials:
        """The administrator's key of an account (the first one's): it may do what no policy denies."""
        return _credentials(self.keyring.permanent[root_of(account or self.accounts[0])])

    def credentials_of(self, role: str, session: str = "lakewright", seconds: int = SESSION_SECONDS) -> Credentials:
        """A session of a deployed role, by its ARN, without asking whether its trust policy has us.

        For services that act as their role, and for tests of what a role may do. Raises Fault when there is no such
        role."""
        account, name = role.split(":")[4], role.rpartition("/")[2]
        self.moto.within(account).call("iam", "GetRole", RoleName=name)
        return _credentials(self.roles.become(role, session, seconds))

    def environment(self, account: str | None = None, credentials: Credentials | None = None) -> dict[str, str]:
        """Variables with which AWS's tools and Terraform use this endpoint and nothing else.

        The proxy is the endpoint too: account-prefixed hosts of S3 Control arrive here, unknown hosts are refused.
        """
        return environment(self.endpoint, self.region, credentials or self.credentials(account))

    def client(self, service: str, role: str | None = None, account: str | None = None, **settings: Any) -> Any:
        """A boto3 client: of an account's administrator, or of a session of `role` (an ARN)."""
        key = self.credentials(account) if role is None else self.credentials_of(role)
        return self.client_of(key, service, **settings)

    def client_of(self, key: Credentials, service: str, **settings: Any) -> Any:
        """A boto3 client with these credentials. What the shell says of profiles and proxies does not count."""
        from botocore.config import Config

        options = {"retries": {"max_attempts": 0}, "s3": {"addressing_style": "path"}, **settings}
        with _MAKING:
            return _unaware_session().client(
                service,
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id=key.id,
                aws_secret_access_key=key.secret,
                aws_session_token=key.token or None,
                config=Config(proxies={"http": self.endpoint} if service == "s3control" else {}, **options),
            )


_MAKING = threading.Lock()
"""A session is for one thread at a time; the clients it has made are for all."""


@functools.cache
def _unaware_session() -> Any:
    """A session that reads no profile and no file of the person's. There is one, since each reads the services' models
    anew, and clients are made for every role and every look."""
    import boto3
    from botocore.session import Session

    nothing: dict[str, Any] = {"profile": (None, [], None, None)}
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return boto3.Session(botocore_session=Session({**nothing, **files}))


LiveFor = Callable[[LocalAws], Mapping[str, Live]]
"""Makes the live services, by boto3's name, once the endpoint is bound; before anybody is told of it."""


def no_live(_: LocalAws) -> Mapping[str, Live]:
    """Everything is stored, nothing runs."""
    return {}


@contextmanager
def local_aws(
    accounts: Sequence[str],
    folder: Path,
    live: LiveFor = no_live,
    *,
    gates: Sequence[GateOver] = (),
    region: str = REGION,
    port: int = 0,
    keep: bool = False,
    observe: Observer = ignore,
) -> Iterator[LocalAws]:
    """A local AWS of these accounts, until the block ends. Raises LakewrightError when it cannot start.

    `folder` gets the objects, and with `keep` a journal too, from which the next start in this folder comes to the same
    state. Without `keep` what an earlier run left in the folder counts as unknown: give an empty one.
    """
    people: dict[str, Identity] = {root_of(account): identity_of(root_of(account)) for account in accounts}
    keyring = Keyring(people, time.time)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        host = MotoHost(folder / JOURNAL if keep else None, accounts)
        stack.callback(host.close)
        if keep:
            host.wait()  # what was kept is asked again, and may be unreadable
        store = FolderStore(folder / "s3")
        stack.callback(store.close)
        state, roles = State(host, accounts[0], region), Roles(keyring, people)
        handlers: dict[str, Live] = {}
        made: tuple[Gate, ...] = tuple(gate(state) for gate in gates)
        hub = Hub(state, made, handlers, observe)
        front = S3Front(store, lambda _bucket, _key, _who: True, cloud=Cloud(hub, store))
        app = App(keyring, lambda: people, {}, front, None, observe, hub=hub)
        bound = stack.enter_context(serving(app, port))
        address, whose = f"http://127.0.0.1:{bound}", tuple(accounts)
        aws = LocalAws(address, whose, region, store, state, hub.coverage, keyring, roles, made)
        ours: Mapping[str, Live] = {"sts": roles.sts, "iam": roles.iam, "lambda": Functions(store).answer}
        _add(handlers, live(aws), ours)
        yield aws


def root_of(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def environment(endpoint: str, region: str, credentials: Credentials) -> dict[str, str]:
    """What `LocalAws.environment` gives; other AWS variables and profiles must not be inherited beside it."""
    found = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": credentials.id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HTTP_PROXY": endpoint,
        "HTTPS_PROXY": endpoint,
        "http_proxy": endpoint,
        "https_proxy": endpoint,
    }
    return found | ({"AWS_SESSION_TOKEN": credentials.token} if credentials.token else {})


def _credentials(key: AccessKey) -> Credentials:
    return Credentials(key.id, key.secret, key.token)


def _add(handlers: MutableMapping[str, Live], first: Mapping[str, Live], then: Mapping[str, Live]) -> None:
    """Live services, and behind them those of this room."""
    for name in first.keys() | then.keys():
        handlers[name] = _chain(*(one[name] for one in (first, then) if name in one))


def _chain(*handlers: Live) -> Live:
    def answer(asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
        return next((found for one in handlers if (found := one(asked, moto)) is not None), None)

    return answer
