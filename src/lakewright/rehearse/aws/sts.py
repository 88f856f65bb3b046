"""STS: who am I, temporary keys, and roles. A role is a declared principal that others may become."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.identities import Identities, Identity
from lakewright.rehearse.aws.keys import AccessKey, Keyring

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/(?:[\w+=,.@/-]*/)?([\w+=,.@-]+)")
_SESSION = re.compile(r"[\w+=,.@-]{2,64}")

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Sts:
    """`may_assume(who, role)` decides who may become whom, administrators aside: they may become everybody."""

    account: str
    keyring: Keyring
    identities: Identities
    may_assume: Callable[[str, str], bool]

    def call(self, form: bytes, caller: Identity, key: AccessKey, request_id: str) -> bytes:
        """The XML answer to a form-encoded request. Raises Fault."""
        fields = _fields(form)
        action = fields.get("Action", "")
        match action:
            case "GetCallerIdentity":
                result = self._caller_identity(key)
            case "GetSessionToken":
                result = self._session_token(fields, key)
            case "AssumeRole":
                result = self._assume_role(fields, caller)
            case _:
                text = f"Could not find operation {action} for version {fields.get('Version', 'NO_VERSION_SPECIFIED')}"
                raise Fault("InvalidAction", text, 400)
        body = _xml({f"{action}Response": {f"{action}Result": result, "ResponseMetadata": {"RequestId": request_id}}})
        return body.replace(f"<{action}Response>", f'<{action}Response xmlns="{NAMESPACE}">', 1).encode()

    def _caller_identity(self, key: AccessKey) -> Mapping[str, object]:
        if key.session:
            arn, user = self._assumed(key.principal, key.session), f"{_unique('AROA', key.principal)}:{key.session}"
        else:
            arn, user = f"arn:aws:iam::{self.account}:user/{key.principal}", _unique("AIDA", key.principal)
        return {"Arn": arn, "UserId": user, "Account": self.account}

    def _session_token(self, fields: Fields, key: AccessKey) -> Mapping[str, object]:
        if key.token:
            raise Fault("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
        seconds = _seconds(fields, 43_200, 129_600)
        return {"Credentials": _credentials(self.keyring.issue(key.principal, seconds))}

    def _assume_role(self, fields: Fields, caller: Identity) -> Mapping[str, object]:
        arn, session = fields.get("RoleArn", ""), fields.get("RoleSessionName", "")
        found = _ROLE.fullmatch(arn)
        if not _SESSION.fullmatch(session) or found is None:
            raise Fault("ValidationError", f"{arn or 'RoleArn'} or its session's name is invalid", 400)
        role = found[2]
        allowed = caller.administrator or caller.name == role or self.may_assume(caller.name, role)
        if found[1] != self.account or role not in self.identities() or not allowed:
            user = f"arn:aws:iam::{self.account}:user/{caller.name}"
            text = f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {arn}"
            raise Fault("AccessDenied", text, 403)
        key = self.keyring.issue(role, _seconds(fields, 3_600, 43_200), session)
        assumed = {"AssumedRoleId": f"{_unique('AROA', role)}:{session}", "Arn": self._assumed(role, session)}
        return {"Credentials": _credentials(key), "AssumedRoleUser": assumed}

    def _assumed(self, role: str, session: str) -> str:
        return f"arn:aws:sts::{self.account}:assumed-role/{role}/{session}"


def _fields(form: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(form.decode("utf-8"), keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        raise Fault("MalformedQueryString", "The query string contains a syntax error.", 400) from None


def _seconds(fields: Fields, normal: int, most: int) -> int:
    text = fields.get("DurationSeconds", str(normal))
    if not re.fullmatch(r"\d{1,6}", text) or not 900 <= int(text) <= most:
        raise Fault("ValidationError", f"DurationSeconds must be between 900 and {most}", 400)
    return int(text)


def _credentials(key: AccessKey) -> Mapping[str, object]:
    end = datetime.fromtimestamp(key.expires or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"AccessKeyId": key.id, "SecretAccessKey": key.secret, "SessionToken": key.token, "Expiration": end}


def _unique(kind: str, name: str) -> str:
    """An id that stays the same for a name, in the form of AWS's."""
    letters = "".join(letter for letter in name.upper() if letter.isascii() and letter.isalnum())
    return (kind + letters).ljust(21, "X")[:21]


def _xml(value: object) -> str:
    match value:
        case Mapping():
            return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items())
        case _:
            return escape(str(value))
