"""IAM Identity Center: tags of permission sets, and how far their provisioning is."""

from __future__ import annotations

from typing import Any

from moto.ssoadmin.responses import SSOAdminResponse as Response

from lakewright.rehearse.aws.moto.additions import answer, asked, attach, refusal, tag_map, tag_pairs


def install() -> None:
    attach(Response, list_tags_for_resource, tag_resource, untag_resource)
    attach(Response, describe_permission_set_provisioning_status)


def _permission_set(response: Any) -> Any:
    arn = asked(response)["ResourceArn"]
    for one in response.ssoadmin_backend.permission_sets:
        if one.permission_set_arn == arn:
            return one
    raise refusal("ResourceNotFoundException", f"{arn} does not exist")


def list_tags_for_resource(self: Any) -> str:
    return answer(Tags=_permission_set(self).tags or [])


def tag_resource(self: Any) -> str:
    found = _permission_set(self)
    found.tags = tag_pairs(tag_map(found.tags) | tag_map(asked(self)["Tags"]))
    return "{}"


def untag_resource(self: Any) -> str:
    found, gone = _permission_set(self), asked(self)["TagKeys"]
    found.tags = [one for one in found.tags or () if one["Key"] not in gone]
    return "{}"


def describe_permission_set_provisioning_status(self: Any) -> str:
    request = asked(self)["ProvisionPermissionSetRequestId"]
    return answer(PermissionSetProvisioningStatus={"Status": "SUCCEEDED", "RequestId": request})
