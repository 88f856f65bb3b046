"""The local Databricks as a whole: one account on loopback, a port of its own for each workspace, state in one folder.

`with local_databricks(folder) as databricks:` answers at `databricks.host` until the block ends. The SDK, the CLI and
Terraform use it with `databricks.environment()` alone.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lakewright.errors import ProblemError
from lakewright.governance.unity_catalog import UnityCatalog
from lakewright.observe import Observer, ignore
from lakewright.rehearse.aws.coverage import Coverage
from lakewright.rehearse.aws.service import serving
from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.account.parts import WORKSPACE
from lakewright.rehearse.databricks.app import App
from lakewright.rehearse.databricks.mishaps import Mishaps
from lakewright.rehearse.databricks.registry import router
from lakewright.rehearse.databricks.scim import resources
from lakewright.rehearse.databricks.sql.engine import Engines
from lakewright.rehearse.databricks.sql.statements import Statements
from lakewright.rehearse.databricks.store import Objects
from lakewright.rehearse.databricks.tokens import Tokens, new_secret
from lakewright.rehearse.databricks.unity.kinds import CATALOG, METASTORE
from lakewright.rehearse.databricks.unity.state import Seen, state_of
from lakewright.rehearse.databricks.workspace.secrets import secret_of
from lakewright.rehearse.databricks.world import ACCOUNT, Cloud, OwnFolders, World
from lakewright.spec import Secret

ACCOUNT_ID = "00000000-0000-4000-8000-000000000000"
DATABASE = "databricks.sqlite"
ADMINISTRATOR = "lakewright administrator"


@dataclass(frozen=True)
class LocalDatabricks:
    """A running local Databricks. `client_id` and `client_secret` are those of an administrator of the account."""

    host: str
    account_id: str
    client_id: str
    client_secret: str = field(repr=False)
    coverage: Coverage
    world: World
    tokens: Tokens

    def environment(self, workspace: int | None = None) -> dict[str, str]:
        """Variables with which Databricks's tools and Terraform use this account, or one of its workspaces.

        Other DATABRICKS_ variables and profiles must not be inherited beside them.
        """
        found = {
            "DATABRICKS_HOST": self.host if workspace is None else self.world.address_of(workspace),
            "DATABRICKS_CLIENT_ID": self.client_id,
            "DATABRICKS_CLIENT_SECRET": self.client_secret,
            "DATABRICKS_AUTH_TYPE": "oauth-m2m",
        }
        return found | ({"DATABRICKS_ACCOUNT_ID": self.account_id} if workspace is None else {})

    def workspaces(self) -> dict[str, str]:
        """Name → address."""
        found = self.world.objects.all(WORKSPACE, ACCOUNT)
        return {one["workspace_name"]: self.world.address_of(one["workspace_id"]) for one in found}

    def unity_catalog(self, catalog: str = "", workspace: int | None = None) -> UnityCatalog:
        """What was granted, as `load_unity_catalog` takes it: of one catalog (by default the only one).

        `workspace`: as seen from there; without, bindings do not count. Raises ProblemError LW1501 when there is no
        such catalog, or several and none is named, LW1502 when a filter or mask cannot be read."""
        found = self.catalogs()
        if (not catalog and len(found) != 1) or (catalog and catalog.lower() not in found):
            fact = f"there is no catalog {catalog}" if catalog else f"there are {len(found)} catalogs"
            raise ProblemError(
                "LW1501", fact, hint="one of " + (", ".join(sorted(found)) or "none: nothing is applied")
            )
        name = catalog.lower() or next(iter(found))
        with self.world.objects.transaction():
            state = state_of(found[name], name, workspace)
        if state.unreadable:
            table, why = next(iter(state.unreadable.items()))
            hint = "filters and masks are read as `access compile` writes them"
            raise ProblemError("LW1502", f"a function of {table} cannot be read: {why}", hint=hint)
        return state.document

    def catalogs(self) -> dict[str, Seen]:
        """Name of each catalog → its metastore."""
        stores = [Seen(self.world.objects, body) for body in self.world.objects.all(METASTORE, ACCOUNT)]
        return {one["name"]: store for store in stores for one in store.all(CATALOG)}

    def token(self, principal: str) -> str:
        """A bearer token of a user (e-mail) or service principal (application id), as if they had logged in.

        Raises ProblemError LW1504 when there is nobody of that name."""
        found = principals.find(self.world.objects, principal)
        if found is None or found.kind == principals.GROUP:
            raise ProblemError("LW1504", f"there is no user or service principal {principal} in the local Databricks")
        return self.tokens.issue(found.id, self.world.clock())


class _Addresses:
    """One web server for each workspace."""

    def __init__(self, serve: Callable[[int, int], Iterator[int]]) -> None:
        self._serve = serve
        self._open: dict[int, tuple[int, ExitStack]] = {}
        self._lock = threading.Lock()

    def open(self, workspace: int, port: int = 0) -> int:
        stack = ExitStack()
        bound = stack.enter_context(contextmanager(self._serve)(workspace, port))
        with self._lock:
            self._open[workspace] = bound, stack
        return bound

    def close(self, workspace: int) -> None:
        with self._lock:
            found = self._open.pop(workspace, None)
        if found is not None:  # in a thread of its own: the one who asks may be answered by this very server
            threading.Thread(target=found[1].close, daemon=True).start()

    def close_all(self) -> None:
        for workspace in list(self._open):
            self._open.pop(workspace)[1].close()

    def address(self, workspace: int) -> str:
        return f"http://127.0.0.1:{self._open[workspace][0]}"


@contextmanager
def local_databricks(
    folder: Path,
    account_id: str = ACCOUNT_ID,
    *,
    keep: bool = False,
    port: int = 0,
    cloud: Cloud | None = None,
    clock: Callable[[], float] = time.time,
    starting_seconds: float = 0.5,
    observe: Observer = ignore,
) -> Iterator[LocalDatabricks]:
    """A local Databricks account, until the block ends. Raises LakewrightError when it cannot start.

    With `keep` its objects survive in `folder`, and so do its ports; else they are in memory. `cloud`: the AWS in which
    it works; without one buckets are folders below `folder`. The administrator's secret is new at every start. What
    fails inside it is written to `errors.log` in `folder`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        objects = Objects(folder / DATABASE if keep else None)
        stack.callback(objects.close)
        world = World(account_id, objects, cloud or OwnFolders(folder / "s3"), folder, clock, starting_seconds)
        tokens, coverage, routes = Tokens(objects), Coverage(), router()
        mishaps = Mishaps(folder, observe)

        def serve(workspace: int, wanted: int) -> Iterator[int]:
            with serving(App(world, routes, tokens, coverage, mishaps, workspace), wanted) as bound:
                yield bound

        addresses = _Addresses(serve)
        stack.callback(addresses.close_all)
        world.ports = addresses
        engines = Engines(objects, folder, world.cloud.folder_of, lambda key: _salt(objects, key))
        world.statements = Statements(engines, world, mishaps)
        stack.callback(world.statements.close)
        client_id, secret = _administrator(objects), new_secret()
        tokens.own(client_id, secret)
        bound = stack.enter_context(_account(App(world, routes, tokens, coverage, mishaps), objects, port))
        world.host = f"http://127.0.0.1:{bound}"
        _reopen(world)
        yield LocalDatabricks(world.host, account_id, client_id, secret, coverage, world, tokens)


@contextmanager
def _account(app: App, objects: Objects, port: int) -> Iterator[int]:
    """At the port of the last time, where that is free and no other is wanted."""
    kept = objects.get("address", ACCOUNT, ACCOUNT) or {}
    with _serving_at(app, port, 0 if port else int(kept.get("port", 0))) as bound:
        objects.put("address", ACCOUNT, ACCOUNT, {"port": bound})
        yield bound


@contextmanager
def _serving_at(app: App, port: int, before: int) -> Iterator[int]:
    with ExitStack() as stack:
        try:
            bound = stack.enter_context(serving(app, before or port))
        except ProblemError:
            if not before:
                raise
            bound = stack.enter_context(serving(app, port))
        yield bound


def _reopen(world: World) -> None:
    """Workspaces that were kept get the addresses that Terraform's state knows."""
    for body in world.objects.all(WORKSPACE, ACCOUNT):
        try:
            body["port"] = world.ports.open(body["workspace_id"], body["port"])
        except ProblemError:
            body["port"] = world.ports.open(body["workspace_id"])
        body["workspace_url"] = world.address_of(body["workspace_id"])
        world.objects.put(WORKSPACE, ACCOUNT, str(body["workspace_id"]), body, body["workspace_name"])


def _salt(objects: Objects, workspace: int) -> Secret | None:
    """What a workspace keeps as the salt of masks that hash."""
    found = secret_of(objects, workspace, "lakewright", "mask_salt")
    return None if found is None else Secret(found)


def _administrator(objects: Objects) -> str:
    """The service principal that begins with everything: its application id."""
    for one in objects.all(principals.SERVICE, ACCOUNT):
        if one.get("displayName") == ADMINISTRATOR:
            return str(one["applicationId"])
    body = {
        "displayName": ADMINISTRATOR,
        "applicationId": str(uuid.uuid4()),
        "roles": [{"value": principals.ADMIN}],
    }
    return str(resources.create(objects, principals.SERVICE, body)["applicationId"])
