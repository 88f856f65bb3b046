"""A catalog with one table, people and a warehouse, for tests of SQL."""

from __future__ import annotations

from dataclasses import dataclass

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import iam, sql

from .conftest import Place


@dataclass
class Shop:
    """A catalog `shop` with a table `silver.orders`, people, and a warehouse."""

    place: Place
    workspace: int
    admin: WorkspaceClient
    warehouse: str

    def run(self, statement: str, client: WorkspaceClient | None = None, **more: object) -> sql.StatementResponse:
        asked = (client or self.admin).statement_execution
        return asked.execute_statement(statement, self.warehouse, **({"wait_timeout": "50s"} | more))  # type: ignore[arg-type]

    def rows(self, statement: str, client: WorkspaceClient | None = None, **more: object) -> list[list[str]]:
        found = self.run(statement, client, **more)
        assert found.status.state is sql.StatementState.SUCCEEDED, (statement, found.status.error)
        return found.result.data_array or []

    def refused(self, statement: str, client: WorkspaceClient | None = None, **more: object) -> str:
        found = self.run(statement, client, **more)
        assert found.status.state is sql.StatementState.FAILED, (statement, found)
        return str(found.status.error.message)

    def user(self, name: str, *groups: str) -> WorkspaceClient:
        """Somebody who is in the workspace, may use the warehouse, and is in these groups."""
        account = self.place.account
        mail = f"{name}@example.com"
        made = account.users_v2.create(user_name=mail)
        permissions = [iam.WorkspacePermission.USER]
        account.workspace_assignment.update(self.workspace, int(made.id), permissions=permissions)
        for group in groups:
            known = list(account.groups_v2.list(filter=f'displayName eq "{group}"'))
            key = known[0].id if known else account.groups_v2.create(display_name=group).id
            add = iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": made.id}])
            account.groups_v2.patch(key, operations=[add])
        may = iam.AccessControlRequest(user_name=mail, permission_level=iam.PermissionLevel.CAN_USE)
        self.admin.permissions.update("warehouses", self.warehouse, access_control_list=[may])
        return self.place.client(self.workspace, mail)


def shop_in(place: Place, workspace: int, admin: WorkspaceClient) -> Shop:
    warehouse = admin.warehouses.create(name="small", cluster_size="2X-Small", max_num_clusters=1).response
    found = Shop(place, workspace, admin, str(warehouse.id))
    admin.catalogs.create("shop", storage_root="s3://lake/shop")
    admin.schemas.create("silver", "shop")
    found.rows("CREATE TABLE shop.silver.orders (id INT, tenant STRING, amount DECIMAL(10,2)) USING DELTA")
    found.rows("INSERT INTO shop.silver.orders VALUES (1, 'a', 10.50), (2, 'b', 20.00), (3, 'a', NULL)")
    return found
