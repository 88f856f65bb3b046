"""The Databricks account of a rehearsal: it works in the local AWS, and Terraform reaches it through the stand-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from botocore.exceptions import ClientError

from lakewright.infra.compile import Compiled
from lakewright.infra.interface import read_interface
from lakewright.observe import Observer
from lakewright.policy.context import Context
from lakewright.policy.documents import read_policy
from lakewright.policy.iam import Answer, Policies, ResourcePolicy, decide
from lakewright.policy.principals import Caller
from lakewright.policy.statements import Layer, Request
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.local import LocalAws
from lakewright.rehearse.databricks.local import LocalDatabricks, local_databricks
from lakewright.rehearse.databricks.provider.kinds.registry import KINDS
from lakewright.rehearse.databricks.provider.plugins import installation, plugin_folder

PROVIDER = "databricks"
TAKES_ROLES = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
"""Who comes to take a role: Unity Catalog, from the account that Databricks publishes for all it does in AWS."""
DELIVERS_LOGS = "arn:aws:iam::414351767826:role/SaasUsageDeliveryRole-prod-IAMRole-3PLHICCRR1TK"
"""Who delivers audit logs and usage (Databricks on AWS, "Configure audit log delivery")."""
_ALL = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


@dataclass(frozen=True)
class AwsBeside:
    """The local AWS as Databricks sees it."""

    aws: LocalAws

    def folder_of(self, bucket: str) -> Path:
        return self.aws.store.folder(bucket)

    def endpoint_service(self, endpoint: str) -> str | None:
        """The service name behind a VPC endpoint of any account; None when there is no such endpoint."""
        for account in self.aws.accounts:
            try:  # by its id: to list all of them, for each that is asked for, took moto minutes
                found = self.aws.moto.within(account).call("ec2", "DescribeVpcEndpoints", VpcEndpointIds=[endpoint])
            except Fault as fault:
                if not fault.code.startswith("InvalidVpcEndpoint"):
                    raise
                continue
            for one in found["VpcEndpoints"]:
                return str(one["ServiceName"])
        return None

    def refuses_role(self, role: str, external_id: str) -> str | None:
        """Why Databricks may not take a role: it is not there, or its trust does not have Databricks with this id."""
        return self._refuses(role, external_id, TAKES_ROLES)

    def refuses_delivery(self, role: str, external_id: str, bucket: str, prefix: str) -> str | None:
        """Why logs cannot be delivered: who delivers may not take the role, or the role may not put objects there."""
        if why := self._refuses(role, external_id, DELIVERS_LOGS):
            return why
        s3 = self.aws.client("s3", role=role)
        place = {"Bucket": bucket, "Key": f"{prefix}/delivery".lstrip("/")}
        try:  # what is begun and given up leaves nothing
            begun = s3.create_multipart_upload(**place)
            s3.abort_multipart_upload(**place, UploadId=begun["UploadId"])
        except ClientError as refused:
            return f"{role} cannot put objects below {bucket}/{prefix}: {refused}"
        return None

    def _refuses(self, role: str, external_id: str, taker: str) -> str | None:
        account, name = role.split(":")[4], role.rpartition("/")[2]
        if account not in self.aws.accounts:
            return f"there is no account {account}"
        try:
            found = self.aws.moto.within(account).call("iam", "GetRole", RoleName=name)["Role"]
        except Fault:
            return f"there is no role {role}"
        trust = read_policy(unquote(found["AssumeRolePolicyDocument"]), Layer.TRUST, role)
        caller = Caller.session(taker, "databricks")
        asked = Request(caller, "sts:AssumeRole", role, Context.of({"sts:ExternalId": external_id}))
        policies = Policies(
            identity=(read_policy(_ALL, Layer.IDENTITY, "databricks"),),
            resource=ResourcePolicy(account, trust, exclusive=True),
        )
        if decide(asked, policies).answer is Answer.ALLOW:
            return None
        return f"its trust policy does not allow Databricks to assume it with the external id {external_id}"


@dataclass(frozen=True)
class Joined:
    """What a rehearsal has of Databricks. `plugins` and `environment` are those that Terraform gets."""

    databricks: LocalDatabricks | None
    plugins: Path | None
    environment: dict[str, str]

    @property
    def host(self) -> str:
        return self.databricks.host if self.databricks else ""


@contextmanager
def joined(
    compiled: Compiled, account_id: str, folder: Path, aws: LocalAws, plugins: Path | None, observe: Observer
) -> Iterator[Joined]:
    """Starts the local Databricks if a stack needs it. Without `plugins` the other providers are the registry's."""
    if not any(PROVIDER in stack.providers for stack in compiled.stacks):
        yield Joined(None, plugins, {})
        return
    with local_databricks(folder / "databricks", account_id, cloud=AwsBeside(aws), observe=observe) as databricks:
        merged = plugin_folder(folder / "plugins", plugins)
        environment = databricks.environment() | {"TF_DISABLE_PLUGIN_TLS": "1"}  # starts plugins faster; they are here
        if plugins is None:
            environment["TF_CLI_CONFIG_FILE"] = str(installation(folder / "terraform.rc", merged))
        yield Joined(databricks, merged if plugins else None, environment)


def schema_only(compiled: Compiled) -> Mapping[str, tuple[str, ...]]:
    """Module → its resource types that the stand-in checks against the schema only: to apply them is an error."""
    found = {}
    for name, folder in compiled.modules.items():
        types = {address.split(".")[0] for address in read_interface(folder).resources}
        if unplayed := sorted(one for one in types if one.startswith("databricks_") and one not in KINDS):
            found[name] = tuple(unplayed)
    return found
