"""databricks-sdk, a workspace: a place in S3, a catalog with a schema in it, and who may use it.

python databricks_sdk_unity.py CATALOG URL ROLE_ARN GROUP
"""

import json
import sys

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import AwsIamRoleRequest, PermissionsChange, Privilege

workspace = WorkspaceClient()
READING = {
    "catalog": [Privilege.USE_CATALOG],
    "schema": [Privilege.USE_SCHEMA, Privilege.SELECT],
}


def catalog_in(name: str, url: str, role: str) -> None:
    """A catalog whose managed tables lie below `url`, and its schema `silver`."""
    workspace.storage_credentials.create(name, aws_iam_role=AwsIamRoleRequest(role_arn=role))
    workspace.external_locations.create(name, url, name)
    workspace.catalogs.create(name, storage_root=f"{url}/{name}")
    workspace.schemas.create("silver", name)


def readable_to(name: str, group: str) -> dict[str, list[str]]:
    """Grants a group the reading of a catalog's Silver; gives what it has now, by securable."""
    found = {}
    for kind, full_name in (("catalog", name), ("schema", f"{name}.silver")):
        change = PermissionsChange(principal=group, add=READING[kind])
        answer = workspace.grants.update(kind, full_name, changes=[change])
        given = [one for one in answer.privilege_assignments if one.principal == group]
        found[full_name] = [privilege.value for privilege in given[0].privileges]
    return found


if __name__ == "__main__":
    catalog, url, role, group = sys.argv[1:]
    catalog_in(catalog, url, role)
    print(json.dumps(readable_to(catalog, group)))
