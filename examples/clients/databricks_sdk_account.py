"""databricks-sdk, the account: a workspace with its parts and a metastore, and a group that may enter.

python databricks_sdk_account.py NAME BUCKET ROLE_ARN
"""

import json
import sys

from databricks.sdk import AccountClient
from databricks.sdk.service import catalog, iam, provisioning

account = AccountClient()


def workspace_of(name: str, bucket: str, role: str) -> provisioning.Workspace:
    """A new workspace, once it runs."""
    credentials = account.credentials.create(
        credentials_name=name,
        aws_credentials=provisioning.CreateCredentialAwsCredentials(provisioning.CreateCredentialStsRole(role)),
    )
    storage = account.storage.create(
        storage_configuration_name=name, root_bucket_info=provisioning.RootBucketInfo(bucket_name=bucket)
    )
    return account.workspaces.create_and_wait(
        workspace_name=name,
        aws_region="us-east-1",
        credentials_id=credentials.credentials_id,
        storage_configuration_id=storage.storage_configuration_id,
    )


def metastore_of(region: str) -> str:
    """The region's metastore; there can be only one."""
    known = [one for one in account.metastores.list() if one.region == region]
    if not known:
        info = catalog.CreateAccountsMetastore(name=f"main-{region}", region=region)
        known = [account.metastores.create(metastore_info=info).metastore_info]
    return known[0].metastore_id


if __name__ == "__main__":
    workspace = workspace_of(*sys.argv[1:])
    metastore = metastore_of(workspace.aws_region)
    account.metastore_assignments.create(workspace.workspace_id, metastore)
    group = account.groups_v2.create(display_name=f"{workspace.workspace_name}-readers")
    account.workspace_assignment.update(
        workspace.workspace_id, int(group.id), permissions=[iam.WorkspacePermission.USER]
    )
    found = {"workspace": workspace.workspace_name, "status": workspace.workspace_status.value, "metastore": metastore}
    print(json.dumps(found))
