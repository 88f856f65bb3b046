"""STS and access keys for the accounts of the local AWS: who am I, become a role, keys of IAM users."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakewright.governance.principals import Principal
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto, Session
from lakewright.rehearse.aws.identities import Identity
from lakewright.rehearse.aws.keys import AccessKey, Keyring

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/(?:[\w+=,.@/-]*/)?(?P<name>[\w+=,.@-]{1,64})")
_SESSION = re.compile(r"[\w+=,.@-]{2,64}")
CHAINED_SECONDS = 3600


def identity_of(arn: str) -> Identity:
    """Behind the gates everybody may do everything: the gates have decided."""
    return Identity(Principal(arn), administrator=True)


@dataclass(frozen=True)
class Roles:
    """Answers STS, and keeps the keys that IAM gives out. Whether a role trusts the caller is decided by the gates.

    `people` are those who can sign, by ARN; it grows here.
    """

    keyring: Keyring
    people: MutableMapping[str, Identity]

    def sts(self, asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
        """A live handler. Operations that are not here are moto's."""
        match asked.operation:
            case "GetCallerIdentity":
                return _caller_identity(asked, moto)
            case "AssumeRole":
                return self._assume_role(asked, moto)
            case "GetSessionToken":
                return self._session_token(asked)
            case _:
                return None

    def iam(self, asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
        """A live handler: the keys of users work as soon as they are made."""
        parameters = dict(asked.parameters)
        match asked.operation:
            case "CreateAccessKey":
                found = moto.call("iam", "CreateAccessKey", **parameters)
                made = found["AccessKey"]
                arn = moto.call("iam", "GetUser", UserName=made["UserName"])["User"]["Arn"]
                self.people[arn] = identity_of(arn)
                self.keyring.add(AccessKey(made["AccessKeyId"], made["SecretAccessKey"], arn))
                return found
            case "DeleteAccessKey":
                moto.call("iam", "DeleteAccessKey", **parameters)
                self.keyring.remove(str(parameters.get("AccessKeyId")))
                return {}
            case _:
                return None

    def become(self, role: str, name: str, seconds: int, scope: Session | None = None) -> AccessKey:
        """A session of a role, by its ARN."""
        self.people[role] = identity_of(role)
        return self.keyring.issue(role, seconds, name, scope or Session(name))

    def _assume_role(self, asked: Asked, moto: Moto) -> Mapping[str, Any]:
        wanted = asked.parameters
        arn, name = str(wanted.get("RoleArn", "")), str(wanted.get("RoleSessionName", ""))
        found = _ROLE.fullmatch(arn)
        if found is None or not _SESSION.fullmatch(name):
            raise Fault("ValidationError", f"{arn or 'RoleArn'} or its session's name is invalid")
        there = moto.within(found["account"])
        try:
            role = there.call("iam", "GetRole", RoleName=found["name"])["Role"]
        except Fault:
            role = {}
        if role.get("Arn") != arn:
            text = f"User: {asked.principal} is not authorized to perform: sts:AssumeRole on resource: {arn}"
            raise Fault("AccessDenied", text, 403)
        most = CHAINED_SECONDS if asked.session is not None else int(role.get("MaxSessionDuration", 3600))
        seconds = int(wanted.get("DurationSeconds", 3600))
        if not 900 <= seconds <= most:
            text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            raise Fault("ValidationError", text)
        tags = {one["Key"]: one["Value"] for one in wanted.get("Tags", ())}
        scope = Session(name, _policies(wanted, there), tags, asked.principal)
        key = self.become(arn, name, seconds, scope)
        assumed = {"AssumedRoleId": f"{role['RoleId']}:{name}", "Arn": _assumed(arn, name)}
        return {"Credentials": _credentials(key), "AssumedRoleUser": assumed}

    def _session_token(self, asked: Asked) -> Mapping[str, Any]:
        if asked.session is not None:
            raise Fault("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
        seconds = int(asked.parameters.get("DurationSeconds", 43_200))
        return {"Credentials": _credentials(self.keyring.issue(asked.principal, seconds))}


def _caller_identity(asked: Asked, moto: Moto) -> Mapping[str, Any]:
    account = asked.account
    if asked.is_root:
        return {"UserId": account, "Account": account, "Arn": asked.principal}
    name = asked.principal.rpartition("/")[2]
    if asked.session is None:
        user = moto.call("iam", "GetUser", UserName=name)["User"]
        return {"UserId": user["UserId"], "Account": account, "Arn": user["Arn"]}
    role = moto.call("iam", "GetRole", RoleName=name)["Role"]
    user_id = f"{role['RoleId']}:{asked.session.name}"
    return {"UserId": user_id, "Account": account, "Arn": _assumed(asked.principal, asked.session.name)}


def _policies(wanted: Mapping[str, Any], there: Moto) -> tuple[str, ...]:
    """The session's policies, as documents."""
    inline = (str(wanted["Policy"]),) if wanted.get("Policy") else ()
    return inline + tuple(_document(str(one["arn"]), there) for one in wanted.get("PolicyArns", ()))


def _document(arn: str, there: Moto) -> str:
    policy = there.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]
    version = there.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=policy["DefaultVersionId"])
    return json.dumps(version["PolicyVersion"]["Document"])


def _assumed(role: str, session: str) -> str:
    """The session's ARN: without the role's path, as AWS writes it."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    return f"arn:aws:sts::{account}:assumed-role/{name}/{session}"


def _credentials(key: AccessKey) -> Mapping[str, Any]:
    end = datetime.fromtimestamp(key.expires or 0, UTC)
    return {"AccessKeyId": key.id, "SecretAccessKey": key.secret, "SessionToken": key.token, "Expiration": end}
