"""IAM Identity Center: tags of permission sets, how far their provisioning is, and attributes for access control."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.moto_api._internal import mock_random
from moto.ssoadmin.models import Instance, PermissionSet
from moto.ssoadmin.responses import SSOAdminResponse as Response

from lakewright.rehearse.aws.moto.additions import answer, asked, attach, refusal, shelf, tag_map, tag_pairs, wrap


def install() -> None:
    wrap(Instance, "__init__", _named)
    PermissionSet.generate_id = staticmethod(_permission_set_arn)  # type: ignore[assignment,method-assign]
    attach(Response, list_tags_for_resource, tag_resource, untag_resource)
    attach(Response, describe_permission_set_provisioning_status)
    attach(Response, create_instance_access_control_attribute_configuration)
    attach(Response, describe_instance_access_control_attribute_configuration)
    attach(Response, update_instance_access_control_attribute_configuration)
    attach(Response, delete_instance_access_control_attribute_configuration)


def _named(original: Callable[..., None], self: Any, *given: Any) -> None:
    """Identity stores have ten hexadecimal digits."""
    original(self, *given)
    self.identity_store_id = f"d-{mock_random.get_random_hex(10)}"


def _permission_set_arn(instance: str) -> str:
    """`arn:aws:sso:::permissionSet/ssoins-…/ps-…`."""
    name = mock_random.get_random_string(length=16).lower()
    return f"{instance.replace(':::instance/', ':::permissionSet/')}/ps-{name}"


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


_ATTRIBUTES = "InstanceAccessControlAttributeConfiguration"


def _attributes(self: Any) -> dict[str, Any]:
    """The instance's configuration. Raises an error when there is none."""
    found: dict[str, Any] | None = shelf(self, "attributes").get(asked(self)["InstanceArn"])
    if found is None:
        raise refusal("ResourceNotFoundException", "Attributes for access control are not enabled.")
    return found


def create_instance_access_control_attribute_configuration(self: Any) -> str:
    body = asked(self)
    if body["InstanceArn"] in shelf(self, "attributes"):
        raise refusal("ConflictException", "Attributes for access control are enabled already.")
    shelf(self, "attributes")[body["InstanceArn"]] = body[_ATTRIBUTES]
    return "{}"


def describe_instance_access_control_attribute_configuration(self: Any) -> str:
    return answer(Status="ENABLED", **{_ATTRIBUTES: _attributes(self)})


def update_instance_access_control_attribute_configuration(self: Any) -> str:
    _attributes(self)
    shelf(self, "attributes")[asked(self)["InstanceArn"]] = asked(self)[_ATTRIBUTES]
    return "{}"


def delete_instance_access_control_attribute_configuration(self: Any) -> str:
    _attributes(self)
    del shelf(self, "attributes")[asked(self)["InstanceArn"]]
    return "{}"
