"""What the foundation's modules need of the local AWS beyond moto, asked for as boto3 and Terraform's provider ask."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from lakewright.rehearse.aws.local import LocalAws, local_aws

ACCOUNT = "111111111111"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with local_aws([ACCOUNT], tmp_path_factory.mktemp("aws")) as running:
        yield running


def test_rules_about_groups_and_prefix_lists_keep_and_change_their_descriptions(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    one, other = (ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in "ab")
    ports = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    pair = {**ports, "UserIdGroupPairs": [{"GroupId": other, "Description": "from b"}]}
    made = ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=[pair])["SecurityGroupRules"][0]
    prefix = {**ports, "PrefixListIds": [{"PrefixListId": "pl-1", "Description": "to S3"}]}
    ec2.authorize_security_group_egress(GroupId=one, IpPermissions=[prefix])

    def told() -> set[tuple[str, str]]:
        rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [one]}])["SecurityGroupRules"]
        return {
            (rule.get("PrefixListId") or rule["ReferencedGroupInfo"]["GroupId"], rule["Description"])
            for rule in rules
            if "CidrIpv4" not in rule
        }

    assert told() == {(other, "from b"), ("pl-1", "to S3")}
    changed = {**ports, "ReferencedGroupId": one, "Description": "from itself"}
    rule = {"SecurityGroupRuleId": made["SecurityGroupRuleId"], "SecurityGroupRule": changed}
    ec2.modify_security_group_rules(GroupId=one, SecurityGroupRules=[rule])
    assert told() == {(one, "from itself"), ("pl-1", "to S3")}


def test_gateway_endpoints_follow_their_route_tables(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    one, other = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    asked = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.s3", "VpcEndpointType": "Gateway"}
    endpoint = ec2.create_vpc_endpoint(**asked, RouteTableIds=[one])["VpcEndpoint"]["VpcEndpointId"]

    def routed(table: str) -> bool:
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return endpoint in {route.get("GatewayId") for route in routes}

    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[other], RemoveRouteTableIds=[one])
    assert (routed(one), routed(other)) == (False, True)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert not routed(other)


def test_a_vpn_has_static_routes_and_its_keys_elsewhere(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    outside = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="203.0.113.1", BgpAsn=65000)["CustomerGateway"]
    inside = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    with pytest.raises(ClientError, match=r"Gateway\.NotAttached"):
        ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=inside)
    ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=inside)
    ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=inside)
    told = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    assert told["PropagatingVgws"] == [{"GatewayId": inside}]

    gateways = {"Type": "ipsec.1", "CustomerGatewayId": outside["CustomerGatewayId"], "VpnGatewayId": inside}
    made = ec2.create_vpn_connection(
        **gateways, PreSharedKeyStorage="SecretsManager", Options={"StaticRoutesOnly": True}
    )["VpnConnection"]
    route = {"VpnConnectionId": made["VpnConnectionId"], "DestinationCidrBlock": "192.168.0.0/24"}
    ec2.create_vpn_connection_route(**route)
    asked = [{"Name": "route.destination-cidr-block", "Values": ["192.168.0.0/24"]}]
    found = ec2.describe_vpn_connections(Filters=asked)["VpnConnections"]
    assert [one["VpnConnectionId"] for one in found] == [made["VpnConnectionId"]]
    assert "secret:s2svpn!" in found[0]["PreSharedKeyArn"]
    assert "<pre_shared_key>REDACTED<" in found[0]["CustomerGatewayConfiguration"]
    ec2.delete_vpn_connection_route(**route)
    assert ec2.describe_vpn_connections(Filters=asked)["VpnConnections"] == []

    dynamic = ec2.create_vpn_connection(**gateways)["VpnConnection"]
    assert "REDACTED" not in dynamic["CustomerGatewayConfiguration"]
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        ec2.create_vpn_connection_route(**{**route, "VpnConnectionId": dynamic["VpnConnectionId"]})


def test_access_logs_need_a_bucket_that_takes_them(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    for bucket in ("data", "logs"):
        s3.create_bucket(Bucket=f"shop-{bucket}")
    wanted = {"LoggingEnabled": {"TargetBucket": "shop-logs", "TargetPrefix": "data/"}}
    whole = {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::shop-logs"}
    takes = {
        "Effect": "Allow",
        "Principal": {"Service": ["logging.s3.amazonaws.com"]},
        "Action": ["s3:PutObject"],
        "Resource": ["arn:aws:s3:::shop-logs/*"],
    }
    s3.put_bucket_policy(Bucket="shop-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [whole]}))
    with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
        s3.put_bucket_logging(Bucket="shop-data", BucketLoggingStatus=wanted)
    s3.put_bucket_policy(Bucket="shop-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [whole, takes]}))
    s3.put_bucket_logging(Bucket="shop-data", BucketLoggingStatus=wanted)
    assert s3.get_bucket_logging(Bucket="shop-data")["LoggingEnabled"] == wanted["LoggingEnabled"]


def test_an_update_of_a_role_leaves_what_it_does_not_name(aws: LocalAws) -> None:
    iam = aws.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=trust, Description="first", MaxSessionDuration=7200)
    iam.update_role(RoleName="one", MaxSessionDuration=3600)
    iam.update_role(RoleName="one", Description="second")
    role = iam.get_role(RoleName="one")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("second", 3600)


@pytest.mark.parametrize("target", ["CloudTrail_20131101", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"])
def test_cloudtrail_is_asked_by_either_of_its_names(aws: LocalAws, target: str) -> None:
    trail = aws.client("cloudtrail")

    def said(params: dict[str, dict[str, str]], **_: object) -> None:
        params["headers"]["X-Amz-Target"] = f"{target}.DescribeTrails"

    trail.meta.events.register("before-call.cloudtrail.DescribeTrails", said)
    assert trail.describe_trails()["trailList"] == []
