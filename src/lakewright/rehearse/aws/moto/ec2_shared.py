"""EC2 between accounts: subnets, transit gateways and security groups that RAM shares are seen by those they are shared
with, and networks are attached to a gateway of another account.

Sources: Amazon VPC user guide, "Share your VPC subnets with other accounts"; Transit Gateway guide, "Transit gateway
sharing"; the API reference of Amazon EC2. What is shared is one object in both accounts; its owner is who made it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.transit_gateway_attachments import TransitGatewayVpcAttachment
from moto.ec2.responses.transit_gateway_attachments import TransitGatewayAttachment as Response

from lakewright.rehearse.aws.moto.additions import attach, wrap

KINDS = ("security-group", "subnet", "transit-gateway")


def install() -> None:
    attach(EC2Backend, create_transit_gateway_vpc_attachment)
    Response.create_transit_gateway_vpc_attachment = create_attachment  # type: ignore[method-assign]
    TransitGatewayVpcAttachment.transit_gateway_owner_id = property(lambda self: self.gateway.owner_id)  # type: ignore[assignment]
    TransitGatewayVpcAttachment.association = property(_association)  # type: ignore[assignment]
    wrap(EC2Backend, "create_transit_gateway", _create_gateway)
    wrap(EC2Backend, "create_transit_gateway_route", _create_route)
    wrap(EC2Backend, "delete_transit_gateway", _own_gateway)
    wrap(EC2Backend, "delete_transit_gateway_vpc_attachment", _delete_attachment)
    wrap(EC2Backend, "delete_subnet", _own_subnet)
    wrap(EC2Backend, "delete_vpc", _own_vpc)


# what RAM shares


def lend(arn: str, account: str) -> None:
    """Lets `account` see what the ARN names. Raises JsonRESTError when there is no such thing."""
    _, _, _, region, owner, resource = arn.split(":", 5)
    kind, _, name = resource.partition("/")
    if not _borrows(kind, owner, account):
        return
    lender, borrower = ec2_backends[owner][region], ec2_backends[account][region]
    match kind:
        case "subnet":
            subnet = _there(lender.get_subnet(name) if _has_subnet(lender, name) else None, arn)
            borrower.subnets[subnet.availability_zone][name] = subnet
            borrower.vpcs.setdefault(subnet.vpc_id, lender.vpcs[subnet.vpc_id])
        case "transit-gateway":
            borrower.transit_gateways[name] = _there(lender.transit_gateways.get(name), arn)
        case "security-group":
            group = _there(lender.get_security_group_from_id(name), arn)
            borrower.groups[group.vpc_id][name] = group


def take_back(arn: str, account: str) -> None:
    """Ends what `lend` began."""
    _, _, _, region, owner, resource = arn.split(":", 5)
    kind, _, name = resource.partition("/")
    if not _borrows(kind, owner, account):
        return
    borrower = ec2_backends[account][region]
    match kind:
        case "subnet":
            for zone in borrower.subnets.values():
                zone.pop(name, None)
            used = {one.vpc_id for zone in borrower.subnets.values() for one in zone.values()}
            for vpc in [one for one in borrower.vpcs.values() if one.ec2_backend is not borrower]:
                if vpc.id not in used:
                    del borrower.vpcs[vpc.id]
        case "transit-gateway":
            borrower.transit_gateways.pop(name, None)
        case "security-group":
            for groups in borrower.groups.values():
                groups.pop(name, None)


def _borrows(kind: str, owner: str, account: str) -> bool:
    """Whether a principal of a share is another account, and the thing is one that is seen by such."""
    return kind in KINDS and account != owner and account.isdigit()


def _has_subnet(backend: Any, subnet: str) -> bool:
    return any(subnet in zone for zone in backend.subnets.values())


def _there(found: Any, arn: str) -> Any:
    if found is None:
        raise JsonRESTError("UnknownResourceException", f"Resource {arn} could not be found.")
    return found


class _UnauthorizedError(EC2ClientError):
    def __init__(self) -> None:
        super().__init__("UnauthorizedOperation", "You are not authorized to perform this operation.")


def _own_subnet(original: Callable[..., Any], self: Any, subnet_id: str) -> Any:
    if _has_subnet(self, subnet_id) and self.get_subnet(subnet_id).ec2_backend is not self:
        raise _UnauthorizedError
    return original(self, subnet_id)


def _own_vpc(original: Callable[..., Any], self: Any, vpc_id: str) -> Any:
    if vpc_id in self.vpcs and self.vpcs[vpc_id].ec2_backend is not self:
        raise _UnauthorizedError
    return original(self, vpc_id)


def _own_gateway(original: Callable[..., Any], self: Any, transit_gateway_id: str) -> Any:
    found = self.transit_gateways.get(transit_gateway_id)
    if found is not None and found.ec2_backend is not self:
        raise _UnauthorizedError
    return original(self, transit_gateway_id)


# transit gateways


def _create_gateway(original: Callable[..., Any], self: Any, *arguments: Any, **named: Any) -> Any:
    """A gateway whose default tables are off has none; moto makes one all the same."""
    gateway = original(self, *arguments, **named)
    for use in ("Association", "Propagation"):
        if gateway.options.get(f"DefaultRouteTable{use}") == "disable":
            gateway.options.pop(f"{use}DefaultRouteTableId", None)
    if not gateway.options.keys() & {"AssociationDefaultRouteTableId", "PropagationDefaultRouteTableId"}:
        self.transit_gateways_route_tables.pop(gateway.default_route_table.id)
        gateway.default_route_table = None
    return gateway


def _create_route(original: Callable[..., dict[str, Any]], self: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
    """A route has a list of attachments; moto has the one, which is then not told."""
    route = original(self, *arguments, **named)
    if "transitGatewayAttachments" in route:
        route["transitGatewayAttachments"] = [route["transitGatewayAttachments"]]
    return route


def create_attachment(self: Any) -> ActionResult:
    """The tags are those of an attachment; moto looks for a route table's."""
    given = self._parse_tag_specification()
    attachment = self.ec2_backend.create_transit_gateway_vpc_attachment(
        transit_gateway_id=self._get_param("TransitGatewayId"),
        vpc_id=self._get_param("VpcId"),
        subnet_ids=self._get_param("SubnetIds", []),
        tags=given.get("transit-gateway-attachment", {}),
        options=self._get_param("Options", {}),
    )
    return ActionResult({"TransitGatewayVpcAttachment": attachment})


def create_transit_gateway_vpc_attachment(
    self: Any,
    transit_gateway_id: str,
    vpc_id: str,
    subnet_ids: list[str],
    tags: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> TransitGatewayVpcAttachment:
    """Known to the network's account and to the gateway's; accepted at once where the gateway says so."""
    gateway = self.transit_gateways.get(transit_gateway_id)
    if gateway is None:
        text = f"Transit Gateway {transit_gateway_id} was deleted or does not exist."
        raise EC2ClientError("InvalidTransitGatewayID.NotFound", text)
    attached = self.transit_gateway_attachments.values()
    same = [one for one in attached if (one.transit_gateway_id, one.resource_id) == (gateway.id, vpc_id)]
    if any(one.state != "deleted" for one in same):
        text = f"{transit_gateway_id} has non-deleted Transit Gateway Attachments with same VPC ID."
        raise EC2ClientError("DuplicateTransitGatewayAttachment", text)
    made = TransitGatewayVpcAttachment(self, gateway, vpc_id, subnet_ids, tags, options)
    made.gateway = gateway  # type: ignore[attr-defined]
    owner = gateway.ec2_backend
    is_other = owner is not self and gateway.options.get("AutoAcceptSharedAttachments") != "enable"
    made.state = "pendingAcceptance" if is_other else "available"
    self.transit_gateway_attachments[made.id] = owner.transit_gateway_attachments[made.id] = made
    if "AssociationDefaultRouteTableId" in gateway.options:
        owner.associate_transit_gateway_route_table(made.id, gateway.options["AssociationDefaultRouteTableId"])
    if "PropagationDefaultRouteTableId" in gateway.options:
        owner.enable_transit_gateway_route_table_propagation(made.id, gateway.options["PropagationDefaultRouteTableId"])
    return made


def _association(self: Any) -> dict[str, str] | None:
    told = {key[:1].upper() + key[1:]: value for key, value in (self._association_data or {}).items()}
    return told if self.state == "available" and told else None


def _delete_attachment(original: Callable[..., Any], self: Any, *arguments: Any, **named: Any) -> Any:
    """It is still told, as deleted, which Terraform waits for; routing tables lose it."""
    found = original(self, *arguments, **named)
    owner = found.gateway.ec2_backend
    for backend in (self, owner):
        backend.transit_gateway_attachments[found.id] = found
    for table in owner.transit_gateways_route_tables.values():
        table.route_table_associations.pop(found.id, None)
        kept = [one for one in table.route_table_propagation if one.transitGatewayAttachmentId != found.id]
        table.route_table_propagation = kept
    return found
