"""Who asks, and whether a Principal element means them.

Documentation: IAM User Guide, "AWS JSON policy elements: Principal", "… NotPrincipal".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from lakewright.policy.truth import Truth, known

ACCOUNT = re.compile(r"\d{12}")


class Kind(Enum):
    """What sort of principal asks."""

    ROOT = "root user"
    USER = "IAM user"
    SESSION = "role session"
    FEDERATED = "federated principal"
    SERVICE = "AWS service"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `name` is the ARN of root, user or role session, the provider of a federated principal
    (`arn:…:oidc-provider/…`), or a service (`glue.amazonaws.com`). `role` is the ARN of a session's role. `account` is
    empty for services and strangers.
    """

    kind: Kind
    name: str = ""
    account: str = ""
    role: str = ""
    unique_id: str = ""

    @classmethod
    def root(cls, account: str) -> Caller:
        return cls(Kind.ROOT, f"arn:aws:iam::{account}:root", account)

    @classmethod
    def user(cls, arn: str, unique_id: str = "") -> Caller:
        return cls(Kind.USER, arn, arn.split(":")[4], unique_id=unique_id)

    @classmethod
    def session(cls, role: str, name: str, unique_id: str = "") -> Caller:
        """A session of a role (its ARN)."""
        account, role_name = role.split(":")[4], role.rpartition("/")[2]
        arn = f"{role.split(':iam:')[0]}:sts::{account}:assumed-role/{role_name}/{name}"
        return cls(Kind.SESSION, arn, account, role, unique_id)

    @classmethod
    def service(cls, name: str) -> Caller:
        return cls(Kind.SERVICE, name)

    @classmethod
    def anonymous(cls) -> Caller:
        return cls(Kind.ANONYMOUS)

    @classmethod
    def federated(cls, provider: str) -> Caller:
        return cls(Kind.FEDERATED, provider)


class Via(Enum):
    """How a Principal element means the caller: by name (user, session, service, provider), by the role of its session,
    as anybody, or as somebody of an account, which only hands the decision to that account."""

    NAME = "name"
    ROLE = "role"
    EVERYONE = "everyone"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Principals:
    """A Principal element: `aws` are ARNs, account ids and unique ids."""

    everyone: bool = False
    aws: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    federated: frozenset[str] = frozenset()
    canonical: frozenset[str] = frozenset()

    def ways(self, caller: Caller) -> frozenset[Via]:
        """All the ways in which the caller is meant; none when it is not."""
        found = {Via.EVERYONE} if self.everyone else set()
        match caller.kind:
            case Kind.SERVICE:
                found |= {Via.NAME} if caller.name in self.services else set()
            case Kind.FEDERATED:
                found |= {Via.NAME} if caller.name in self.federated else set()
            case Kind.USER | Kind.SESSION | Kind.ROOT:
                account_root = f"arn:aws:iam::{caller.account}:root"
                by_name = {caller.name} | ({caller.unique_id} if caller.unique_id else set())
                found |= {Via.ACCOUNT} if self.aws & {caller.account, account_root} else set()
                found |= {Via.NAME} if caller.kind is not Kind.ROOT and self.aws & by_name else set()
                found |= {Via.ROLE} if caller.role and caller.role in self.aws else set()
            case Kind.ANONYMOUS:
                pass
        return frozenset(found)

    def means(self, caller: Caller) -> Truth:
        """Whether the caller is one of these. A canonical user id is some account's: nobody here knows whose."""
        if self.ways(caller):
            return Truth.YES
        return Truth.MAYBE if self.canonical and caller.account else Truth.NO

    def leaves_out(self, caller: Caller, *, deny: bool) -> Truth:
        """Whether this as a NotPrincipal element exempts the caller.

        A denial may also be checked for the caller's account and role: an exemption that names only one of them, or
        the caller without its account, is MAYBE.
        """
        ways = self.ways(caller)
        if Via.EVERYONE in ways or not caller.account:
            return known(bool(ways))
        named = bool(ways & {Via.NAME, Via.ROLE}) or caller.kind is Kind.ROOT
        if deny and caller.kind is Kind.SESSION:
            named = Via.ROLE in ways
        complete = named and (Via.ACCOUNT in ways or not deny)
        if complete and ways:
            return Truth.YES
        return Truth.MAYBE if ways or self.canonical else Truth.NO
