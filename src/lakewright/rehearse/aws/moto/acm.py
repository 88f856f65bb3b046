"""ACM: certificates that an account had before anything was deployed can be put in by their ARN.

The rehearsal alone does that: it says so by a tag whose prefix AWS keeps for itself. Others are told, as by ACM, that
there is no such certificate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle

from lakewright.rehearse.aws.given import GIVEN
from lakewright.rehearse.aws.moto.additions import wrap


def install() -> None:
    wrap(AWSCertificateManagerBackend, "import_certificate", _import)


def _import(
    original: Callable[..., str],
    self: Any,
    certificate: bytes,
    private_key: bytes,
    chain: bytes | None,
    arn: str | None,
    tags: list[dict[str, str]],
) -> str:
    if arn is None or [one["Key"] for one in tags or ()] != [GIVEN]:
        return original(self, certificate, private_key, chain, arn, tags)
    self._certificates[arn] = CertBundle(
        self.account_id, certificate, private_key, chain=chain, region=self.region_name, arn=arn
    )
    return arn
