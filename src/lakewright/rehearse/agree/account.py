"""A Databricks account as it is: catalogs, grants, owners, filters, masks, bindings and people.

Read in the same process from a local Databricks' objects, or from any other process through the public REST API, by an
administrator. Both come to the same objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from lakewright.errors import ProblemError
from lakewright.rehearse.databricks import principals
from lakewright.rehearse.databricks.account.parts import WORKSPACE
from lakewright.rehearse.databricks.local import LocalDatabricks
from lakewright.rehearse.databricks.provider.client import Api, ApiError
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.unity.bound import is_isolated, set_bindings
from lakewright.rehearse.databricks.unity.kinds import CATALOG, FUNCTION, METASTORE, SCHEMA, TABLE
from lakewright.rehearse.databricks.unity.metastore import ASSIGNMENT, Metastore
from lakewright.rehearse.databricks.unity.state import Seen
from lakewright.rehearse.databricks.world import ACCOUNT

UC = "/api/2.1/unity-catalog"
PAGE = 100
PEOPLE = {principals.USER: "Users", principals.GROUP: "Groups", principals.SERVICE: "ServicePrincipals"}


@dataclass(frozen=True)
class Account:
    """What is asked of it. `objects` do not change while it is looked at."""

    objects: Objects

    def catalogs(self) -> dict[str, Seen]:
        """Name of each catalog → its metastore."""
        stores = [Seen(self.objects, body) for body in self.objects.all(METASTORE, ACCOUNT)]
        return {one["name"]: store for store in stores for one in store.all(CATALOG)}

    def workspaces(self) -> dict[str, int]:
        """Name → id."""
        return {one["workspace_name"]: int(one["workspace_id"]) for one in self.objects.all(WORKSPACE, ACCOUNT)}

    def assigned(self, metastore: str) -> dict[str, int]:
        """The same, of the workspaces that work with a metastore."""
        of = {int(one["workspace_id"]): one["metastore_id"] for one in self.objects.all(ASSIGNMENT, ACCOUNT)}
        return {name: key for name, key in self.workspaces().items() if of.get(key) == metastore}

    def groups(self, name: str) -> frozenset[str] | None:
        """The groups that a user, service principal or group is in, its own among them; None for nobody."""
        found = principals.find(self.objects, name)
        if found is None:
            return None
        own = {found.name} if found.kind == principals.GROUP else set()
        return frozenset(own | set(principals.groups_of(self.objects, found.id).values()))

    def people(self) -> list[str]:
        """Users by address, service principals by application id."""
        return [one.name for one in principals.people(self.objects)]

    def program(self, display_name: str) -> str | None:
        """The application id of a service principal; None for none."""
        found = (
            str(one["applicationId"])
            for one in self.objects.all(principals.SERVICE, ACCOUNT)
            if one.get("displayName") == display_name
        )
        return next(found, None)


def account_of(databricks: LocalDatabricks) -> Account:
    """A local Databricks of this process, as it is now: what becomes of it later is not seen."""
    copied = Objects(None)
    with databricks.world.objects.transaction():
        copied.fill(databricks.world.objects)
    return Account(copied)


def read_account(host: str, account_id: str, client_id: str, client_secret: str) -> Account:
    """Asks a local Databricks for everything that decides who may what. Raises ProblemError LW1510."""
    objects = Objects(None)
    with ExitStack() as stack:

        def api(address: str, account: str = "") -> Api:
            opened = Api(address, account, client_id, client_secret)
            stack.callback(opened.close)
            return opened

        try:
            _Reader(objects, api(host, account_id), api).read()
        except ApiError as error:
            hint = "it may just be starting, or ending"
            raise ProblemError("LW1510", f"the local Databricks did not answer: {error}", hint=hint) from None
    return Account(objects)


class _Reader:
    """Fills `objects` from an account's API and those of its workspaces."""

    def __init__(self, objects: Objects, account: Api, api: Callable[[str], Api]) -> None:
        self.objects, self.account, self.api = objects, account, api

    def read(self) -> None:
        for kind, path in PEOPLE.items():
            for body in self._people(path):
                self.objects.put(kind, ACCOUNT, str(body["id"]), body, principals.name_of(kind, body))
        for body in self.account.get(self.account.account("/metastores")).get("metastores", ()):
            self.objects.put(METASTORE, ACCOUNT, str(body["metastore_id"]), body, str(body["name"]))
        read: set[str] = set()
        for workspace in self.account.get(self.account.account("/workspaces"))["items"]:
            key = str(workspace["workspace_id"])
            self.objects.put(WORKSPACE, ACCOUNT, key, workspace, str(workspace["workspace_name"]))
            self._workspace(workspace, read)

    def _people(self, path: str) -> Iterator[Body]:
        start = 1
        while True:
            query = {"startIndex": start, "count": PAGE}
            page = self.account.get(self.account.account(f"/scim/v2/{path}"), query)
            found = page.get("Resources", ())
            yield from found
            start += len(found)
            if not found or start > int(page["totalResults"]):
                return

    def _workspace(self, workspace: Body, read: set[str]) -> None:
        """What can be seen from there and was not seen before: an isolated catalog is seen from few workspaces."""
        key = workspace["workspace_id"]
        found = self.account.find(self.account.account(f"/workspaces/{key}/metastore"))
        if found is None:
            return
        assignment = found["metastore_assignment"]
        self.objects.put(ASSIGNMENT, ACCOUNT, str(key), assignment)
        body = self.objects.get(METASTORE, ACCOUNT, assignment["metastore_id"])
        api = self.api(str(workspace["workspace_url"]))
        if body is None or not api.get(f"{UC}/current-metastore-assignment"):
            return
        metastore = Metastore(self.objects, body)
        if metastore.id not in read:
            read.add(metastore.id)
            self._granted(api, metastore, METASTORE, metastore.id)
        for catalog in api.get(f"{UC}/catalogs").get("catalogs", ()):
            if catalog["full_name"] not in read:
                read.add(catalog["full_name"])
                self._catalog(api, metastore, catalog)

    def _catalog(self, api: Api, metastore: Metastore, catalog: Body) -> None:
        name = str(catalog["full_name"])
        self._keep(api, metastore, CATALOG, catalog)
        if is_isolated(catalog):
            bindings = api.get(f"{UC}/bindings/catalog/{name}").get("bindings", ())
            bound = {int(one["workspace_id"]): str(one["binding_type"]) for one in bindings}
            set_bindings(metastore, CATALOG, name, bound)
        for schema in api.get(f"{UC}/schemas", {"catalog_name": name}).get("schemas", ()):
            self._keep(api, metastore, SCHEMA, schema)
            where = {"catalog_name": name, "schema_name": schema["name"]}
            for table in api.get(f"{UC}/tables", where).get("tables", ()):
                self._keep(api, metastore, TABLE, table)
            for function in api.get(f"{UC}/functions", where).get("functions", ()):
                metastore.put(FUNCTION, function)

    def _keep(self, api: Api, metastore: Metastore, kind: str, body: Body) -> None:
        metastore.put(kind, body)
        self._granted(api, metastore, kind, str(body["full_name"]))

    def _granted(self, api: Api, metastore: Metastore, kind: str, name: str) -> None:
        found: Mapping[str, Any] = api.get(f"{UC}/permissions/{kind}/{name}")
        given = {str(one["principal"]): list(one["privileges"]) for one in found.get("privilege_assignments", ())}
        metastore.set_granted(kind, name, given)
