"""Errors as Databricks' REST APIs send them: an HTTP status, a code, a message."""

from __future__ import annotations

import json


class DatabricksFault(Exception):  # noqa: N818 - so the service's own words stay readable at the raise
    """What the caller is told instead of an answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status

    def body(self, request_id: str) -> bytes:
        detail = {
            "@type": "type.googleapis.com/google.rpc.RequestInfo",
            "request_id": request_id,
            "serving_data": "",
        }
        return json.dumps({"error_code": self.code, "message": self.message, "details": [detail]}).encode()


class ScimFault(DatabricksFault):
    """The same in SCIM's own shape (RFC 7644, 3.12)."""

    def __init__(self, message: str, status: int, kind: str = "") -> None:
        super().__init__(f"SCIM_{status}", message, status)
        self.kind = kind

    def body(self, request_id: str) -> bytes:  # noqa: ARG002 - SCIM's errors carry none
        found = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "detail": self.message,
            "status": str(self.status),
        }
        return json.dumps(found | ({"scimType": self.kind} if self.kind else {})).encode()


def invalid(message: str) -> DatabricksFault:
    return DatabricksFault("INVALID_PARAMETER_VALUE", message, 400)


def missing(message: str, code: str = "RESOURCE_DOES_NOT_EXIST") -> DatabricksFault:
    return DatabricksFault(code, message, 404)


def taken(message: str, code: str = "RESOURCE_ALREADY_EXISTS", status: int = 409) -> DatabricksFault:
    return DatabricksFault(code, message, status)


def denied(message: str) -> DatabricksFault:
    return DatabricksFault("PERMISSION_DENIED", message, 403)


def in_use(message: str, code: str = "INVALID_STATE", status: int = 409) -> DatabricksFault:
    return DatabricksFault(code, message, status)
