"""What every handler works with: the objects, the clock, who asks and what for."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lakewright.rehearse.databricks.faults import denied, invalid
from lakewright.rehearse.databricks.store import Body, Objects

ACCOUNT = "account"
"""The scope of the account's own objects."""


class Cloud(Protocol):
    """The AWS accounts in which a Databricks account works, as far as Databricks looks at them."""

    def folder_of(self, bucket: str) -> Path:
        """Where a bucket's objects lie as files."""

    def endpoint_service(self, endpoint: str) -> str | None:
        """The service name behind a VPC endpoint; None when there is no such endpoint."""

    def refuses_role(self, role: str, external_id: str) -> str | None:
        """Why Databricks may not assume a role with this external id; None when it may."""

    def refuses_delivery(self, role: str, external_id: str, bucket: str, prefix: str) -> str | None:
        """Why Databricks cannot deliver logs with a role below a prefix of a bucket; None when it can."""


@dataclass(frozen=True)
class OwnFolders:
    """No AWS: buckets are folders, and whatever a request says of roles and endpoints is believed."""

    folder: Path

    def folder_of(self, bucket: str) -> Path:
        return self.folder / bucket

    def endpoint_service(self, endpoint: str) -> str | None:  # noqa: ARG002
        return ""

    def refuses_role(self, role: str, external_id: str) -> str | None:  # noqa: ARG002
        return None

    def refuses_delivery(self, role: str, external_id: str, bucket: str, prefix: str) -> str | None:  # noqa: ARG002
        return None


@dataclass(frozen=True)
class Caller:
    """Who asks: a user by e-mail, a service principal by application id."""

    name: str
    id: str
    is_account_admin: bool


class Ports(Protocol):
    """Addresses of workspaces."""

    def open(self, workspace: int, port: int = 0) -> int: ...

    def close(self, workspace: int) -> None: ...

    def address(self, workspace: int) -> str: ...


class Statements(Protocol):
    """Runs SQL as the one who sends it."""

    def execute(self, call: Call) -> Mapping[str, Any]: ...

    def found(self, call: Call) -> Any: ...

    def run(self, call: Call, statement: str) -> Any: ...

    def store(self, call: Call, name: str, rows: Any) -> None: ...

    def later(self, work: Callable[[], None]) -> None: ...

    @property
    def failed(self) -> Callable[[Exception, str], str]: ...

    def download(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Any: ...

    @property
    def links(self) -> Any: ...


@dataclass
class World:
    """One local Databricks account."""

    account_id: str
    objects: Objects
    cloud: Cloud
    folder: Path
    clock: Callable[[], float] = time.time
    starting_seconds: float = 0.5
    """How long a workspace, cluster or warehouse takes to run."""
    ports: Ports = field(init=False)
    statements: Statements = field(init=False)
    host: str = field(default="", init=False)

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)

    def address_of(self, workspace: int) -> str:
        """`http://127.0.0.1:PORT` of a workspace."""
        return self.ports.address(workspace)


@dataclass(frozen=True)
class Call:
    """One request, past authentication. `workspace`: by whose address it came; None for the account's."""

    world: World
    caller: Caller
    workspace: int | None
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: Body
    raw: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def objects(self) -> Objects:
        return self.world.objects

    @property
    def scope(self) -> str:
        """The scope of the workspace's own objects."""
        return workspace_scope(self.here)

    @property
    def here(self) -> int:
        if self.workspace is None:
            raise invalid("This API is available on a workspace's own address only")
        return self.workspace

    def __getitem__(self, name: str) -> str:
        """A parameter of the path."""
        return self.parameters[name]

    def needs_account_admin(self) -> None:
        if not self.caller.is_account_admin:
            raise denied("Only account admins can perform this operation")


def workspace_scope(workspace: int) -> str:
    return f"workspace:{workspace}"


def metastore_scope(metastore: str) -> str:
    return f"metastore:{metastore}"


def new_id() -> str:
    return str(uuid.uuid4())


def hex_id(size: int = 16) -> str:
    return secrets.token_hex(size // 2)


def required(body: Mapping[str, Any], *names: str) -> list[Any]:
    """Values that must be there; a fault as the service words it."""
    for name in names:
        if body.get(name) in (None, "", [], {}):
            raise invalid(f"Missing required field: {name}")
    return [body[name] for name in names]


def only(body: Mapping[str, Any], *names: str) -> Body:
    """Those of the names that the request gives."""
    return {name: body[name] for name in names if body.get(name) is not None}


def as_bool(value: object) -> bool:
    """A flag in a query or a body."""
    return value is True or str(value).lower() == "true"
