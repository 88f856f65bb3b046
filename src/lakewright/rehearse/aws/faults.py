"""What goes wrong in a request, in AWS's words, and how each protocol wraps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from xml.sax.saxutils import escape

from lakewright.rehearse.aws import cbor

JSON_TYPE = "application/x-amz-json-1.1"
XML_TYPE = "application/xml"


class Fault(Exception):  # noqa: N818 - AWS's word
    """An answer that is an error: code, HTTP status, text."""

    def __init__(self, code: str, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers or {}
        super().__init__(message)


class Protocol(Enum):
    """How a service speaks: Athena and Glue in JSON, STS in query XML, S3 and EC2 in XML of their own, CloudWatch in
    CBOR."""

    JSON = "json"
    QUERY = "query"
    S3 = "s3"
    EC2 = "ec2"
    CBOR = "cbor"


LIKE: Mapping[Protocol, Protocol] = {Protocol.EC2: Protocol.QUERY, Protocol.CBOR: Protocol.JSON}
"""Whose words for wrong signatures a protocol uses."""


class Reason(Enum):
    """Why a signature is not accepted."""

    MISSING = "missing"
    INCOMPLETE = "incomplete"
    UNKNOWN_KEY = "unknown key"
    MISMATCH = "mismatch"
    SKEWED = "skewed"
    TOKEN_EXPIRED = "token expired"  # noqa: S105 no password
    TOKEN_WRONG = "token wrong"  # noqa: S105 no password
    URL_EXPIRED = "url expired"
    OUTDATED = "signature version 2"


_WRONG = "The security token included in the request is invalid."
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_S3_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_S3_MALFORMED = "The authorization header that you provided is not valid."
_S3_UNKNOWN = "The AWS Access Key Id you provided does not exist in our records."
_S3_SKEWED = "The difference between the request time and the current time is too large."
_OUTDATED = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
_EXPIRED = "The security token included in the request is expired"

WORDS: Mapping[Protocol, Mapping[Reason, tuple[str, int, str]]] = {
    Protocol.JSON: {
        Reason.MISSING: ("MissingAuthenticationTokenException", 403, "Missing Authentication Token"),
        Reason.INCOMPLETE: ("IncompleteSignatureException", 403, "The signature is incomplete or malformed."),
        Reason.UNKNOWN_KEY: ("UnrecognizedClientException", 400, _WRONG),
        Reason.MISMATCH: ("InvalidSignatureException", 400, _MISMATCH),
        Reason.SKEWED: ("InvalidSignatureException", 400, "Signature expired or not yet current."),
        Reason.TOKEN_EXPIRED: ("ExpiredTokenException", 400, _EXPIRED),
        Reason.TOKEN_WRONG: ("UnrecognizedClientException", 400, _WRONG),
        Reason.URL_EXPIRED: ("InvalidSignatureException", 400, "Signature expired or not yet current."),
        Reason.OUTDATED: ("IncompleteSignatureException", 403, _OUTDATED),
    },
    Protocol.QUERY: {
        Reason.MISSING: ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        Reason.INCOMPLETE: ("IncompleteSignature", 403, "The signature is incomplete or malformed."),
        Reason.UNKNOWN_KEY: ("InvalidClientTokenId", 403, _WRONG),
        Reason.MISMATCH: ("SignatureDoesNotMatch", 403, _MISMATCH),
        Reason.SKEWED: ("SignatureDoesNotMatch", 403, "Signature expired or not yet current."),
        Reason.TOKEN_EXPIRED: ("ExpiredToken", 403, _EXPIRED),
        Reason.TOKEN_WRONG: ("InvalidClientTokenId", 403, _WRONG),
        Reason.URL_EXPIRED: ("SignatureDoesNotMatch", 403, "Signature expired or not yet current."),
        Reason.OUTDATED: ("IncompleteSignature", 403, _OUTDATED),
    },
    Protocol.S3: {
        Reason.MISSING: ("AccessDenied", 403, "Access Denied"),
        Reason.INCOMPLETE: (
            "AuthorizationHeaderMalformed",
            400,
            _S3_MALFORMED,
        ),
        Reason.UNKNOWN_KEY: (
            "InvalidAccessKeyId",
            403,
            _S3_UNKNOWN,
        ),
        Reason.MISMATCH: ("SignatureDoesNotMatch", 403, _S3_MISMATCH),
        Reason.SKEWED: ("RequestTimeTooSkewed", 403, _S3_SKEWED),
        Reason.TOKEN_EXPIRED: ("ExpiredToken", 400, "The provided token has expired."),
        Reason.TOKEN_WRONG: ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
        Reason.URL_EXPIRED: ("AccessDenied", 403, "Request has expired"),
        Reason.OUTDATED: ("InvalidRequest", 400, _OUTDATED),
    },
}


class NotAuthenticated(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """A request whose signature is not accepted; which error that is depends on the protocol."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)

    def as_fault(self, protocol: Protocol) -> Fault:
        code, status, message = WORDS[LIKE.get(protocol, protocol)][self.reason]
        return Fault(code, message, status)


def rendered(fault: Fault, protocol: Protocol, request_id: str, resource: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of an error."""
    match protocol:
        case Protocol.JSON:
            body = json.dumps({"__type": fault.code, "message": fault.message, "Message": fault.message})
            return {"content-type": JSON_TYPE, "x-amzn-errortype": fault.code}, body.encode()
        case Protocol.QUERY:
            side = "Sender" if fault.status < 500 else "Receiver"
            text = (
                '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
                f"<Error><Type>{side}</Type><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message></Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
            return {"content-type": "text/xml"}, text.encode()
        case Protocol.EC2:
            text = (
                '<?xml version="1.0" encoding="UTF-8"?>\n'
                f"<Response><Errors><Error><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message></Error>"
                f"</Errors><RequestID>{request_id}</RequestID></Response>"
            )
            return {"content-type": "text/xml;charset=UTF-8"}, text.encode()
        case Protocol.CBOR:
            error = {"__type": fault.code, "message": fault.message}
            return {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, cbor.encoded(error)
        case Protocol.S3:
            text = (
                '<?xml version="1.0" encoding="UTF-8"?>\n'
                f"<Error><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message>"
                f"<Resource>{escape(resource)}</Resource><RequestId>{request_id}</RequestId></Error>"
            )
            return {"content-type": XML_TYPE}, text.encode("utf-8", "replace")
