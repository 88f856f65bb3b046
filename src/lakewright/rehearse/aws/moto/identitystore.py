"""Identity Store: names are one whatever their case, and people have an address.

Source: the API reference of Identity Store, CreateUser, CreateGroup.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.identitystore.responses import IdentityStoreResponse as Response

from lakewright.rehearse.aws.moto.additions import asked, attach, refusal, wrap


def install() -> None:
    wrap(Response, "create_user", _create_user)
    wrap(Response, "create_group", _create_group)
    attach(Response, update_user, update_group)


def _store(self: Any) -> Any:
    return self.identitystore_backend._IdentityStoreBackend__get_identity_store(asked(self)["IdentityStoreId"])


def _create_user(original: Callable[..., str], self: Any) -> str:
    name = (asked(self).get("UserName") or "").lower()
    if any(user.UserName.lower() == name for user in _store(self).users.values()):
        raise refusal("ConflictException", "Duplicate UserName")
    return original(self)


def _create_group(original: Callable[..., str], self: Any) -> str:
    name = (asked(self).get("DisplayName") or "").lower()
    if any(group.DisplayName.lower() == name for group in _store(self).groups.values()):
        raise refusal("ConflictException", "Duplicate GroupDisplayName")
    return original(self)


def _operations(self: Any, found: Any, names: dict[str, str]) -> Any:
    """The entry with the named attributes replaced."""
    for one in asked(self)["Operations"]:
        path, value = one["AttributePath"], one.get("AttributeValue")
        if path not in names:
            raise refusal("ValidationException", f"The attribute {path} cannot be changed here.")
        found = found._replace(**{names[path]: value})
    return found


def update_user(self: Any) -> str:
    users, key = _store(self).users, asked(self)["UserId"]
    if key not in users:
        raise refusal("ResourceNotFoundException", "USER not found.")
    names = {"displayName": "DisplayName", "emails": "Emails", "userName": "UserName", "title": "Title"}
    users[key] = _operations(self, users[key], names)
    return "{}"


def update_group(self: Any) -> str:
    groups, key = _store(self).groups, asked(self)["GroupId"]
    if key not in groups:
        raise refusal("ResourceNotFoundException", "GROUP not found.")
    groups[key] = _operations(self, groups[key], {"displayName": "DisplayName", "description": "Description"})
    return "{}"
