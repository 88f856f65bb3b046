"""Site-to-site VPN: static routes, routes that a gateway propagates, options and where the tunnels' keys are kept.

Source: the API reference of Amazon EC2, CreateVpnConnection, CreateVpnConnectionRoute, EnableVgwRoutePropagation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.vpn_connections import VPNConnection
from moto.ec2.responses import EC2Response

from lakewright.rehearse.aws.moto.additions import attach, wrap


def install() -> None:
    attach(EC2Response, create_vpn_connection_route, delete_vpn_connection_route)
    attach(EC2Response, enable_vgw_route_propagation, disable_vgw_route_propagation)
    wrap(EC2Response, "create_vpn_connection", _with_options)
    wrap(VPNConnection, "get_filter_value", _filtered)
    setattr(RouteTable, "propagating_vgws", property(_propagating))  # noqa: B010
    setattr(VPNConnection, "customer_gateway_configuration", property(_configuration))  # noqa: B010


def _with_options(original: Callable[..., Any], self: Any) -> Any:
    """moto forgets what is asked for beside the gateways."""
    made = original(self)
    connection = self.ec2_backend.vpn_connections[made.result["VpnConnection"].id]
    defaults = {"TunnelInsideIpVersion": "ipv4", "OutsideIpAddressType": "PublicIpv4", "StaticRoutesOnly": False}
    connection.options = {**defaults, **(self._get_param("Options") or {})}
    connection.routes = []
    if self._get_param("PreSharedKeyStorage") == "SecretsManager":
        place = f"{self.partition}:secretsmanager:{self.region}:{self.current_account}"
        connection.pre_shared_key_arn = f"arn:{place}:secret:s2svpn!{connection.id}/keys-AbCdEf"
    return made


def _filtered(original: Callable[..., Any], self: Any, name: str, method: str | None = None) -> Any:
    """Filters of DescribeVpnConnections that moto lacks and Terraform asks with."""
    match name:
        case "vpn-connection-id":
            return self.id
        case "route.destination-cidr-block":
            return [route["DestinationCidrBlock"] for route in self.routes]
    return original(self, name, method)


_whole: Callable[[Any], str] = VPNConnection.customer_gateway_configuration.fget  # type: ignore[attr-defined]
_KEY = re.compile("(<pre_shared_key>)[^<]*(<)")


def _configuration(connection: Any) -> str:
    """Keys that Secrets Manager has are not told here."""
    told = _whole(connection)
    return _KEY.sub(r"\1REDACTED\2", told) if hasattr(connection, "pre_shared_key_arn") else told


def create_vpn_connection_route(self: Any) -> EmptyResult:
    connection = self.ec2_backend.describe_vpn_connections([self._get_param("VpnConnectionId")])[0]
    route = {"DestinationCidrBlock": self._get_param("DestinationCidrBlock"), "Source": "Static", "State": "available"}
    if not connection.options["StaticRoutesOnly"]:
        message = f"The vpnConnection ID '{connection.id}' is not configured for static routes"
        raise EC2ClientError("InvalidParameterCombination", message)
    connection.routes = [*(one for one in connection.routes if one != route), route]
    return EmptyResult()


def delete_vpn_connection_route(self: Any) -> EmptyResult:
    connection = self.ec2_backend.describe_vpn_connections([self._get_param("VpnConnectionId")])[0]
    destination = self._get_param("DestinationCidrBlock")
    connection.routes = [one for one in connection.routes if one["DestinationCidrBlock"] != destination]
    return EmptyResult()


def enable_vgw_route_propagation(self: Any) -> EmptyResult:
    table, gateway = _table(self), self._get_param("GatewayId")
    if table.vpc_id not in self.ec2_backend.get_vpn_gateway(gateway).attachments:
        message = f"The gateway '{gateway}' is not attached to the network of '{table.id}'"
        raise EC2ClientError("Gateway.NotAttached", message)
    table.gateways = sorted({*getattr(table, "gateways", ()), gateway})
    return EmptyResult()


def disable_vgw_route_propagation(self: Any) -> EmptyResult:
    table = _table(self)
    table.gateways = sorted({*getattr(table, "gateways", ())} - {self._get_param("GatewayId")})
    return EmptyResult()


def _table(response: Any) -> Any:
    return response.ec2_backend.get_route_table(response._get_param("RouteTableId"))


def _propagating(table: Any) -> list[dict[str, str]]:
    return [{"GatewayId": gateway} for gateway in getattr(table, "gateways", ())]
