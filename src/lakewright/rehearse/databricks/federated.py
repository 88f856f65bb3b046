"""Whether a token that somebody else issued is one that a federation policy lets in.

Signatures are checked with the keys that the policy holds (`jwks_json`): the issuer is not asked, since nothing leaves
this machine. RFC 7515, RFC 7517, RFC 7519; "OAuth token federation" of Databricks' documentation.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

SKEW = 60.0
"""Seconds by which clocks may differ."""
_ES256_BYTES = 32


def is_let_in(policy: Mapping[str, Any], token: str, now: float) -> bool:
    """Whether a token is signed by the policy's issuer, and for this audience and subject."""
    header, claims, signed, signature = _parts(token)
    if not any(_verifies(key, header, signed, signature) for key in _keys(policy, header)):
        return False
    audiences = claims.get("aud")
    given = {audiences} if isinstance(audiences, str) else set(audiences or ())
    until = claims.get("exp")
    return (
        claims.get("iss") == policy["issuer"]
        and claims.get(policy.get("subject_claim") or "sub") == policy["subject"]
        and bool(given & set(policy.get("audiences") or ()))
        and isinstance(until, int | float)
        and until + SKEW > now
    )


def _parts(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any], bytes, bytes]:
    """Header, claims, what is signed, the signature; all empty for what is no token."""
    try:
        head, body, signature = token.split(".")
        header, claims = json.loads(_decoded(head)), json.loads(_decoded(body))
        if isinstance(header, dict) and isinstance(claims, dict):
            return header, claims, f"{head}.{body}".encode(), _decoded(signature)
    except (ValueError, RecursionError):
        pass
    return {}, {}, b"", b""


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _keys(policy: Mapping[str, Any], header: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The policy's keys of the token's algorithm, of its key id where it names one."""
    try:
        known = json.loads(policy.get("jwks_json") or "{}").get("keys", ())
    except ValueError:
        return
    kinds = {"RS256": "RSA", "ES256": "EC"}
    for key in known:
        if key.get("kty") == kinds.get(str(header.get("alg"))) and header.get("kid") in (None, key.get("kid")):
            yield key


def _verifies(key: Mapping[str, Any], header: Mapping[str, Any], signed: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    def number(name: str) -> int:
        return int.from_bytes(_decoded(str(key[name])))

    try:
        if header["alg"] == "RS256":
            public = rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
            public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
            return True
        point = ec.EllipticCurvePublicNumbers(number("x"), number("y"), ec.SECP256R1()).public_key()
        first, second = signature[:_ES256_BYTES], signature[_ES256_BYTES:]
        whole = encode_dss_signature(int.from_bytes(first), int.from_bytes(second))
        point.verify(whole, signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, KeyError):
        return False
    return True
