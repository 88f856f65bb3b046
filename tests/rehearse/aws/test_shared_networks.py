"""What RAM shares is seen by the account that it is shared with; firewalls and attachments live as AWS has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakewright.rehearse.aws.local import LocalAws, local_aws

OWNER, OTHER, THIRD = "111111111111", "222222222222", "333333333333"
OFF = {"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with local_aws([OWNER, OTHER, THIRD], tmp_path_factory.mktemp("aws")) as running:
        yield running


def network(aws: LocalAws, account: str, cidr: str) -> tuple[str, str]:
    ec2 = aws.client("ec2", account=account)
    vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    return vpc, ec2.create_subnet(VpcId=vpc, CidrBlock=cidr.replace("/16", "/24"))["Subnet"]["SubnetId"]


def subnets(aws: LocalAws, account: str) -> dict[str, str]:
    found = aws.client("ec2", account=account).describe_subnets()["Subnets"]
    return {one["SubnetId"]: one["OwnerId"] for one in found}


def share(aws: LocalAws, *arns: str, principal: str = OTHER) -> str:
    made = aws.client("ram").create_resource_share(name="some", principals=[principal], resourceArns=list(arns))
    return str(made["resourceShare"]["resourceShareArn"])


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_shared_subnet_is_seen_used_and_not_deleted(aws: LocalAws) -> None:
    vpc, subnet = network(aws, OWNER, "10.1.0.0/16")
    other = aws.client("ec2", account=OTHER)
    assert subnet not in subnets(aws, OTHER)

    made = share(aws, f"arn:aws:ec2:us-east-1:{OWNER}:subnet/{subnet}")
    assert subnets(aws, OTHER)[subnet] == OWNER
    assert subnet not in subnets(aws, THIRD)
    assert vpc in {one["VpcId"] for one in other.describe_vpcs()["Vpcs"]}
    group = other.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]
    assert other.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["OwnerId"] == OTHER
    with pytest.raises(ClientError) as refused:
        other.delete_subnet(SubnetId=subnet)
    assert code_of(refused) == "UnauthorizedOperation"

    aws.client("ram").delete_resource_share(resourceShareArn=made)
    assert subnet not in subnets(aws, OTHER)
    assert vpc not in {one["VpcId"] for one in other.describe_vpcs()["Vpcs"]}
    assert subnets(aws, OWNER)[subnet] == OWNER


def test_what_is_not_there_cannot_be_shared(aws: LocalAws) -> None:
    with pytest.raises(ClientError) as refused:
        share(aws, f"arn:aws:ec2:us-east-1:{OWNER}:subnet/subnet-0000000000000000f")
    assert code_of(refused) == "UnknownResourceException"


@pytest.mark.parametrize(("accept", "state"), [("enable", "available"), ("disable", "pendingAcceptance")])
def test_a_network_of_another_account_is_attached(aws: LocalAws, accept: str, state: str) -> None:
    ec2, other = aws.client("ec2"), aws.client("ec2", account=OTHER)
    options = {**OFF, "AutoAcceptSharedAttachments": accept}
    hub = ec2.create_transit_gateway(Options=options)["TransitGateway"]
    vpc, subnet = network(aws, OTHER, "10.2.0.0/16")
    asked: dict[str, Any] = {"TransitGatewayId": hub["TransitGatewayId"], "VpcId": vpc, "SubnetIds": [subnet]}
    with pytest.raises(ClientError) as refused:
        other.create_transit_gateway_vpc_attachment(**asked)
    assert code_of(refused) == "InvalidTransitGatewayID.NotFound", "it is not shared yet"

    share(aws, hub["TransitGatewayArn"])
    made = other.create_transit_gateway_vpc_attachment(**asked)["TransitGatewayVpcAttachment"]
    assert (made["State"], made["VpcOwnerId"]) == (state, OTHER)
    key = made["TransitGatewayAttachmentId"]
    (seen,) = ec2.describe_transit_gateway_attachments(TransitGatewayAttachmentIds=[key])["TransitGatewayAttachments"]
    assert (seen["TransitGatewayOwnerId"], seen["ResourceOwnerId"]) == (OWNER, OTHER)
    with pytest.raises(ClientError) as refused:
        other.create_transit_gateway_vpc_attachment(**asked)
    assert code_of(refused) == "DuplicateTransitGatewayAttachment"


def test_routes_lead_to_attachments_until_these_are_gone(aws: LocalAws) -> None:
    ec2 = aws.client("ec2")
    hub = ec2.create_transit_gateway(Options=OFF)["TransitGateway"]["TransitGatewayId"]
    assert not {"AssociationDefaultRouteTableId", "PropagationDefaultRouteTableId"} & set(
        ec2.describe_transit_gateways(TransitGatewayIds=[hub])["TransitGateways"][0]["Options"]
    )
    vpc, subnet = network(aws, OWNER, "10.3.0.0/16")
    tags = [{"ResourceType": "transit-gateway-attachment", "Tags": [{"Key": "Name", "Value": "it"}]}]
    made = ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=hub, VpcId=vpc, SubnetIds=[subnet], TagSpecifications=tags
    )["TransitGatewayVpcAttachment"]
    assert made["Tags"] == [{"Key": "Name", "Value": "it"}]
    key = made["TransitGatewayAttachmentId"]
    table = ec2.create_transit_gateway_route_table(TransitGatewayId=hub)["TransitGatewayRouteTable"]
    of = {"TransitGatewayRouteTableId": table["TransitGatewayRouteTableId"]}
    ec2.associate_transit_gateway_route_table(TransitGatewayAttachmentId=key, **of)
    ec2.create_transit_gateway_route(DestinationCidrBlock="0.0.0.0/0", TransitGatewayAttachmentId=key, **of)
    active = [{"Name": "state", "Values": ["active"]}]
    (route,) = ec2.search_transit_gateway_routes(Filters=active, **of)["Routes"]
    assert route["TransitGatewayAttachments"][0]["TransitGatewayAttachmentId"] == key

    ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=key)
    assert ec2.get_transit_gateway_route_table_associations(**of)["Associations"] == []
    (gone,) = ec2.describe_transit_gateway_vpc_attachments(TransitGatewayAttachmentIds=[key])[
        "TransitGatewayVpcAttachments"
    ]
    assert gone["State"] == "deleted", "Terraform waits to be told so"


def test_a_firewall_has_an_endpoint_for_routes_and_goes_in_order(aws: LocalAws) -> None:
    ec2, firewalls = aws.client("ec2"), aws.client("network-firewall")
    vpc, subnet = network(aws, OWNER, "10.4.0.0/16")
    source = {"RulesSource": {"RulesString": "pass tcp any any -> any 443 (sid:1; rev:1;)"}}
    rules = firewalls.create_rule_group(RuleGroupName="rules", Type="STATEFUL", Capacity=10, RuleGroup=source)
    group = rules["RuleGroupResponse"]["RuleGroupArn"]
    body = {
        "StatelessDefaultActions": ["aws:forward_to_sfe"],
        "StatelessFragmentDefaultActions": ["aws:forward_to_sfe"],
        "StatefulRuleGroupReferences": [{"ResourceArn": group}],
    }
    policy = firewalls.create_firewall_policy(FirewallPolicyName="policy", FirewallPolicy=body)
    arn = policy["FirewallPolicyResponse"]["FirewallPolicyArn"]
    made = firewalls.create_firewall(
        FirewallName="wall",
        FirewallPolicyArn=arn,
        VpcId=vpc,
        SubnetMappings=[{"SubnetId": subnet}],
        DeleteProtection=True,
    )
    (state,) = made["FirewallStatus"]["SyncStates"].values()
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    endpoint = state["Attachment"]["EndpointId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", VpcEndpointId=endpoint)

    for call, asked in (
        (firewalls.delete_rule_group, {"RuleGroupArn": group}),
        (firewalls.delete_firewall_policy, {"FirewallPolicyArn": arn}),
        (firewalls.delete_firewall, {"FirewallName": "wall"}),
    ):
        with pytest.raises(ClientError) as refused:
            call(**asked)
        assert code_of(refused) == "InvalidOperationException"
    firewalls.update_firewall_delete_protection(FirewallName="wall", DeleteProtection=False)
    firewalls.delete_firewall(FirewallName="wall")
    firewalls.delete_firewall_policy(FirewallPolicyArn=arn)
    firewalls.delete_rule_group(RuleGroupArn=group)
    with pytest.raises(ClientError) as refused:
        firewalls.describe_firewall(FirewallName="wall")
    assert code_of(refused) == "ResourceNotFoundException"


def test_one_log_destination_is_changed_at_a_time(aws: LocalAws) -> None:
    firewalls = aws.client("network-firewall")
    vpc, subnet = network(aws, OWNER, "10.5.0.0/16")
    body = {"StatelessDefaultActions": ["aws:pass"], "StatelessFragmentDefaultActions": ["aws:pass"]}
    policy = firewalls.create_firewall_policy(FirewallPolicyName="logged", FirewallPolicy=body)
    arn = policy["FirewallPolicyResponse"]["FirewallPolicyArn"]
    firewalls.create_firewall(
        FirewallName="logged", FirewallPolicyArn=arn, VpcId=vpc, SubnetMappings=[{"SubnetId": subnet}]
    )
    both = [
        {"LogType": kind, "LogDestinationType": "CloudWatchLogs", "LogDestination": {"logGroup": kind.lower()}}
        for kind in ("ALERT", "FLOW")
    ]
    with pytest.raises(ClientError) as refused:
        firewalls.update_logging_configuration(
            FirewallName="logged", LoggingConfiguration={"LogDestinationConfigs": both}
        )
    assert code_of(refused) == "InvalidRequestException"
    for count in (1, 2):
        told = firewalls.update_logging_configuration(
            FirewallName="logged", LoggingConfiguration={"LogDestinationConfigs": both[:count]}
        )
        assert len(told["LoggingConfiguration"]["LogDestinationConfigs"]) == count
