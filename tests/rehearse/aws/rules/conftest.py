"""A local AWS with all gates, and a small account in it for the tables to refer to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked
from lakewright.rehearse.aws.local import LocalAws, local_aws
from lakewright.rehearse.aws.rules.refuse import refusing

ACCOUNT = "111111111111"
REGION = "us-east-1"
EVERYTHING = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
BLOCKS = ("BlockPublicPolicy", "BlockPublicAcls", "IgnorePublicAcls", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Ground:
    """The local AWS, and the ids of what is in it by name."""

    aws: LocalAws
    names: Mapping[str, str]
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """boto3's client of the administrator, which sends whatever it is given."""
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]

    def _client(self, service: str) -> Any:
        key = self.aws.credentials(ACCOUNT)
        return boto3.client(
            service,
            endpoint_url=self.aws.endpoint,
            region_name=REGION,
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
            config=Config(parameter_validation=False, retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )

    def refusal(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Fault | None:
        """What the rules alone say to a request."""
        asked = Asked(service, operation, parameters, ACCOUNT, REGION, f"arn:aws:iam::{ACCOUNT}:root")
        try:
            refusing(self.aws.moto)(asked)
        except Fault as fault:
            return fault
        return None


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _for_trails(bucket: str) -> str:
    who = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
    arn = f"arn:aws:s3:::{bucket}"
    owner = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    write = {"Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/{ACCOUNT}/*", "Condition": owner}
    statements = [{**who, "Action": "s3:GetBucketAcl", "Resource": arn}, {**who, **write}]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _network(aws: LocalAws) -> dict[str, str]:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]

    def subnet(within: str, cidr: str, zone: str) -> str:
        made = ec2.create_subnet(VpcId=within, CidrBlock=cidr, AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.168.0.0/16", GatewayId=gateway)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=False, CidrBlock="0.0.0.0/0"
    )
    return {
        "vpc": vpc,
        "subnet_a": subnet(vpc, "10.0.0.0/24", "us-east-1a"),
        "subnet_b": subnet(vpc, "10.0.1.0/24", "us-east-1b"),
        "subnet_c": subnet(vpc, "10.0.2.0/24", "us-east-1a"),
        "subnet_other": subnet(other, "10.5.0.0/24", "us-east-1c"),
        "route_table": table,
        "gateway": gateway,
        "acl": acl,
        "group": ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"],
    }


def _walls(aws: LocalAws, network: Mapping[str, str]) -> dict[str, str]:
    """A transit gateway, and what a firewall needs; the rules have the default order."""
    hub = aws.client("ec2").create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    firewall = aws.client("network-firewall")
    source = {"RulesSource": {"RulesString": "pass tcp any any -> any 443 (sid:1; rev:1;)"}}
    rules = firewall.create_rule_group(RuleGroupName="rules", Type="STATEFUL", Capacity=10, RuleGroup=source)
    actions = {"StatelessDefaultActions": ["aws:pass"], "StatelessFragmentDefaultActions": ["aws:pass"]}
    policy = firewall.create_firewall_policy(FirewallPolicyName="plain", FirewallPolicy=actions)
    return {
        "hub": hub,
        "rules": rules["RuleGroupResponse"]["RuleGroupArn"],
        "policy_of_wall": policy["FirewallPolicyResponse"]["FirewallPolicyArn"],
        "subnet_arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{network['subnet_a']}",
    }


def _organization(aws: LocalAws) -> dict[str, str]:
    """A unit that has all the policies that it may have, and a directory of people."""
    organizations, sso = aws.client("organizations"), aws.client("sso-admin")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="production")["OrganizationalUnit"]["Id"]
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
    scps = []
    for number in range(5):
        made = organizations.create_policy(
            Name=f"scp{number}", Description="d", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(deny)
        )
        scps.append(made["Policy"]["PolicySummary"]["Id"])
    for policy in scps[:4]:
        organizations.attach_policy(PolicyId=policy, TargetId=unit)
    instance = sso.list_instances()["Instances"][0]
    permissions = sso.create_permission_set(InstanceArn=instance["InstanceArn"], Name="some")["PermissionSet"]
    return {
        "root": root,
        "full_unit": unit,
        "scp": scps[4],
        "sso": instance["InstanceArn"],
        "directory": instance["IdentityStoreId"],
        "permission_set": permissions["PermissionSetArn"],
    }


def _people(aws: LocalAws) -> dict[str, str]:
    iam = aws.client("iam")
    names = {}
    for service in ("glue", "dms", "lambda", "scheduler", "cloudtrail"):
        made = iam.create_role(RoleName=service, AssumeRolePolicyDocument=_trust(f"{service}.amazonaws.com"))
        names[f"{service}_role"] = made["Role"]["Arn"]
    ours = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": ours})
    iam.create_role(RoleName="some", AssumeRolePolicyDocument=document)
    iam.create_user(UserName="ana")
    for _ in range(2):
        iam.create_access_key(UserName="ana")
    iam.create_instance_profile(InstanceProfileName="full")
    iam.add_role_to_instance_profile(InstanceProfileName="full", RoleName="glue")
    for number in range(11):
        document = json.dumps({"Version": "2012-10-17", "Statement": EVERYTHING})
        arn = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=document)["Policy"]["Arn"]
        if number < 10:
            iam.attach_role_policy(RoleName="glue", PolicyArn=arn)
        names["policy"] = arn
    return names


def _things(aws: LocalAws) -> dict[str, str]:
    s3, kms = aws.client("s3"), aws.client("kms")
    for name in ("lw-bucket", "lw-logs", "lw-locked"):
        s3.create_bucket(Bucket=name, **({"ObjectLockEnabledForBucket": True} if name == "lw-locked" else {}))
    block = {
        "BlockPublicPolicy": True,
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    s3.put_public_access_block(Bucket="lw-bucket", PublicAccessBlockConfiguration=block)
    s3.create_bucket(Bucket="lw-trail")
    s3.put_bucket_policy(Bucket="lw-trail", Policy=_for_trails("lw-trail"))
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    signing = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    secret = aws.client("secretsmanager").create_secret(Name="s", SecretString="x")["ARN"]
    return {"key": key, "signing_key": signing, "secret": secret, **_endpoints(aws)}


def _endpoints(aws: LocalAws) -> dict[str, str]:
    dms, names = aws.client("dms"), {}
    role = f"arn:aws:iam::{ACCOUNT}:role/dms"
    s3 = {"EngineName": "s3", "S3Settings": {"BucketName": "lw-bucket", "ServiceAccessRoleArn": role}}
    postgres = {"EngineName": "postgres", "ServerName": "db", "Port": 5432, "DatabaseName": "shop"}
    for kind, settings in (("source", {**postgres, "Username": "u", "Password": "p"}), ("target", s3)):
        made = dms.create_endpoint(EndpointIdentifier=f"the-{kind}", EndpointType=kind, **settings)
        names[f"{kind}_endpoint"] = made["Endpoint"]["EndpointArn"]
    return names


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with local_aws([ACCOUNT], tmp_path_factory.mktemp("aws"), gates=[authorised, refusing]) as aws:
        network = _network(aws)
        yield Ground(aws, {**network, **_walls(aws, network), **_organization(aws), **_people(aws), **_things(aws)})
