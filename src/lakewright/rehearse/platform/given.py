"""What a platform finds in its accounts and does not make: certificates that the spec names by their ARN."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from lakewright.infra.compile import Compiled
from lakewright.rehearse.aws.given import GIVEN
from lakewright.rehearse.aws.local import LocalAws

DAYS = 365
_CERTIFICATE = re.compile(r"arn:aws:acm:[a-z0-9-]+:(\d{12}):certificate/[0-9a-f-]{36}")


def certificates(compiled: Compiled) -> Iterator[tuple[str, str]]:
    """Account and ARN of each certificate that the compiled Terraform names."""
    found = set()
    for stack in compiled.stacks:
        for content in stack.files.values():
            if isinstance(content, str):
                found |= {(match[1], match[0]) for match in _CERTIFICATE.finditer(content)}
    yield from sorted(found)


def put_certificates(aws: LocalAws, compiled: Compiled) -> None:
    """Puts them in, each signed by itself, in accounts that are rehearsed."""
    for account, arn in certificates(compiled):
        if account in aws.accounts:
            certificate, key = _signed(arn)
            there = aws.moto.within(account)
            files = {"Certificate": certificate, "PrivateKey": key}
            there.call("acm", "ImportCertificate", CertificateArn=arn, **files, Tags=[{"Key": GIVEN, "Value": "yes"}])


def _signed(name: str) -> tuple[bytes, bytes]:
    """Certificate and key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name.rpartition("/")[2])])
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(now)
    signed = built.not_valid_after(now + timedelta(days=DAYS)).sign(key, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return signed.public_bytes(serialization.Encoding.PEM), secret
