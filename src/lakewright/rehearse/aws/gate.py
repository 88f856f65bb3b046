"""What every request to the local AWS passes on its way: gates that may refuse it, live services that may answer it.

A request is read with botocore's service model into `Asked`. Then, in this order: each gate, the service's live
handler, moto. The names are boto3's: `dms`, `CreateReplicationTask`, and the parameters as boto3 takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Session:
    """What AssumeRole was called with: the session's name, its session policies (JSON documents), its tags, and the
    ARN of who called."""

    name: str
    policies: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One authenticated request.

    `service` is boto3's name of it (`dms`, `cloudwatch`, `elbv2`, `s3`), `parameters` are what boto3 would be given.
    `principal` is the ARN whose policies count: `arn:aws:iam::111111111111:root` (the account's administrator),
    `…:user/ana`, or the role's (`…:role/x`), then with a `session`. `account` is the principal's.
    For IAM's context: `source` is the address the request came from, `secure` says that the request counts as sent
    over TLS, as it would be to AWS.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account: str
    region: str
    principal: str
    session: Session | None = None
    source: str = "127.0.0.1"
    secure: bool = True

    @property
    def action(self) -> str:
        """`dms:CreateReplicationTask`, by boto3's name of the service: IAM's prefix may be another."""
        return f"{self.service}:{self.operation}"

    @property
    def is_root(self) -> bool:
        return self.principal == f"arn:aws:iam::{self.account}:root"


class Moto(Protocol):
    """The state behind the local AWS: what is asked here passes no gate and no live handler."""

    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """What boto3's client of that service would answer to `operation` (`CreateTable`). Raises Fault."""

    def within(self, account: str, region: str | None = None) -> Moto:
        """The same state, of another account or region."""


Gate = Callable[[Asked], None]
"""Raises Fault to refuse. Runs in a thread."""

GateOver = Callable[[Moto], Gate]
"""Makes a gate that looks things up: `moto.within(asked.account, asked.region)` is the caller's part of the state."""

Live = Callable[[Asked, Moto], Mapping[str, Any] | None]
"""The answer as boto3 gives it (no ResponseMetadata), or None: moto answers. Raises Fault. Runs in a thread.

`Moto` is of the caller's account and region."""
