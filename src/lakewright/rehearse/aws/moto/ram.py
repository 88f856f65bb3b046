"""Resource Access Manager: associations, tags, finding shares by ARN or name; and what is shared is seen by whom it is
shared with (`ec2_shared`). Principals are accounts; an invitation is not needed within an organization.

Source: the API reference of AWS RAM, API version 2018-01-04.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.ram import urls
from moto.ram.models import ResourceShare
from moto.ram.responses import ResourceAccessManagerResponse as Response

from lakewright.rehearse.aws.moto import ec2_shared
from lakewright.rehearse.aws.moto.additions import (
    Shelf,
    answer,
    asked,
    attach,
    refusal,
    route,
    shelf,
    tag_map,
    tag_pairs,
    wrap,
)


def install() -> None:
    methods = (associate_resource_share, disassociate_resource_share, list_resource_share_permissions)
    attach(Response, *methods, tag_resource, untag_resource)
    wrap(Response, "create_resource_share", _create)
    wrap(Response, "delete_resource_share", _delete)
    wrap(Response, "get_resource_shares", _shares)
    names = ("associateresourceshare", "disassociateresourceshare", "listresourcesharepermissions")
    route(urls, Response, *names, "tagresource", "untagresource")
    ResourceShare.SHAREABLE_RESOURCES = sorted({*ResourceShare.SHAREABLE_RESOURCES, *ec2_shared.KINDS})


def _share(response: Any) -> Any:
    arn = asked(response)["resourceShareArn"]
    found = next((one for one in response.ram_backend.resource_shares if one.arn == arn), None)
    if found is None:
        raise refusal("UnknownResourceException", f"ResourceShare {arn} could not be found.")
    return found


def associate_resource_share(self: Any) -> str:
    body, share = asked(self), _share(self)
    share.add_principals(body.get("principals") or [])
    share.add_resources(body.get("resourceArns") or [])
    _lend(share)
    return answer(resourceShareAssociations=[])


def disassociate_resource_share(self: Any) -> str:
    body, share = asked(self), _share(self)
    _take_back(share)
    share.principals = [one for one in share.principals if one not in (body.get("principals") or ())]
    share.resource_arns = [one for one in share.resource_arns if one not in (body.get("resourceArns") or ())]
    _lend(share)
    return answer(resourceShareAssociations=[])


def _lend(share: Any) -> None:
    """Every account of a share sees everything in it."""
    for principal in share.principals:
        for arn in share.resource_arns:
            ec2_shared.lend(arn, principal)


def _take_back(share: Any) -> None:
    for principal in share.principals:
        for arn in share.resource_arns:
            ec2_shared.take_back(arn, principal)


def _delete(original: Callable[..., str], self: Any) -> str:
    arn = self._get_param("resourceShareArn")
    for share in self.ram_backend.resource_shares:
        if share.arn == arn:
            _take_back(share)
            share.principals, share.resource_arns = [], []
    return original(self)


def list_resource_share_permissions(self: Any) -> str:
    _share(self)
    return answer(permissions=[])


def _tags(response: Any) -> Shelf:
    return shelf(response, "tags")


def tag_resource(self: Any) -> str:
    body = asked(self)
    _tags(self).setdefault(body["resourceShareArn"], {}).update(tag_map(body["tags"], "key", "value"))
    return "{}"


def untag_resource(self: Any) -> str:
    body = asked(self)
    for key in body["tagKeys"]:
        _tags(self).get(body["resourceShareArn"], {}).pop(key, None)
    return "{}"


def _create(original: Callable[..., str], self: Any) -> str:
    found = original(self)
    arn = json.loads(found)["resourceShare"]["resourceShareArn"]
    _tags(self)[arn] = tag_map(asked(self).get("tags"), "key", "value")
    _lend(next(one for one in self.ram_backend.resource_shares if one.arn == arn))
    return found


def _shares(original: Callable[..., str], self: Any) -> str:
    body, tags = asked(self), _tags(self)
    arns, name = body.get("resourceShareArns"), body.get("name")
    found = [
        {**one, "tags": tag_pairs(tags.get(one["resourceShareArn"], {}), "key", "value")}
        for one in json.loads(original(self))["resourceShares"]
        if (not arns or one["resourceShareArn"] in arns) and name in (None, one["name"])
    ]
    return answer(resourceShares=found)
