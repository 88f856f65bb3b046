"""Route 53: private zones, and the permission to associate a zone with another account's network.

Source: the API reference of Amazon Route 53, API version 2013-04-01.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.route53 import urls
from moto.route53.responses import Route53 as Response

from lakewright.rehearse.aws.moto.additions import Shelf, attach, shelf, wrap


def install() -> None:
    attach(Response, create_vpc_association_authorization, list_vpc_association_authorizations)
    attach(Response, delete_vpc_association_authorization)
    zone = r"{0}/(?P<api_version>[\d_-]+)/hostedzone/(?P<zone_id>[^/]+)/"
    for name in ("authorizevpcassociation", "deauthorizevpcassociation"):
        urls.url_paths[f"{zone}{name}/?$"] = Response.dispatch
    wrap(Response, "create_hosted_zone", _create_zone)


def _create_zone(original: Callable[..., Any], self: Any) -> Any:
    """A zone that is made with a network is private, whether the request says so or not."""
    plain = self._get_bool_param

    def get(name: str, if_none: Any = None) -> Any:
        is_private = name == "HostedZoneConfig.PrivateZone" and self._get_param("VPC.VPCId")
        return True if is_private else plain(name, if_none)

    self._get_bool_param = get
    try:
        return original(self)
    finally:
        del self._get_bool_param


def _authorized(response: Any) -> Shelf:
    kept: Shelf = shelf(response, "authorizations").setdefault(response._get_param("HostedZoneId"), {})
    return kept


def create_vpc_association_authorization(self: Any) -> ActionResult:
    network, region = self._get_param("VPC.VPCId"), self._get_param("VPC.VPCRegion")
    _authorized(self)[network] = region
    zone = self._get_param("HostedZoneId")
    return ActionResult({"HostedZoneId": zone, "VPC": {"VPCId": network, "VPCRegion": region}})


def list_vpc_association_authorizations(self: Any) -> ActionResult:
    found = [{"VPCId": network, "VPCRegion": region} for network, region in _authorized(self).items()]
    return ActionResult({"HostedZoneId": self._get_param("HostedZoneId"), "VPCs": found})


def delete_vpc_association_authorization(self: Any) -> EmptyResult:
    _authorized(self).pop(self._get_param("VPC.VPCId"), None)
    return EmptyResult()
