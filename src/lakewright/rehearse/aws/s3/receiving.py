"""Bodies on their way into the store: unwrapped, summed, and compared with what the client says of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

from lakewright.rehearse.aws.checksums import ALGORITHMS, as_text
from lakewright.rehearse.aws.chunked import KINDS, ChunkedBody, incomplete
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.sigv4 import UNSIGNED, Claim
from lakewright.storage.objects import Blob

MOST_BYTES = 5 << 30
_CHECKSUM = "x-amz-checksum-"


class Reception:
    """Writes one body into a blob. Nothing of it counts before `finish`; discard the blob when anything raises."""

    def __init__(self, blob: Blob, headers: Mapping[str, str], payload: str, claim: Claim, signing_key: bytes) -> None:
        self.blob = blob
        self._headers, self._payload = headers, payload
        self._chunked = ChunkedBody(payload, claim, signing_key) if payload in KINDS else None
        self._sha256 = hashlib.sha256() if re.fullmatch(r"[0-9a-f]{64}", payload) else None
        self._sums = {name: ALGORITHMS[name]() for name in _asked(headers)}
        if self._chunked is None and self._sha256 is None and payload != UNSIGNED:
            raise Fault("InvalidArgument", "x-amz-content-sha256 must be a hash, UNSIGNED-PAYLOAD or STREAMING-…")

    def feed(self, data: bytes) -> None:
        """Raises Fault, or NotAuthenticated for a chunk whose signature is wrong."""
        if self._chunked is None:
            self._take(data)
            return
        for part in self._chunked.feed(data):
            self._take(part)

    def _take(self, data: bytes) -> None:
        if self.blob.size + len(data) > MOST_BYTES:
            raise Fault("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        self.blob.write(data)
        for checksum in self._sums.values():
            checksum.update(data)
        if self._sha256 is not None:
            self._sha256.update(data)

    def finish(self) -> dict[str, str]:
        """The body's checksums, base64. Raises Fault when anything that was said of the body is not so."""
        trailers: Mapping[str, str] = {}
        if self._chunked is not None:
            self._chunked.end()
            trailers = self._chunked.trailers
            if self._headers.get("x-amz-decoded-content-length", str(self.blob.size)) != str(self.blob.size):
                raise incomplete()
        if self._sha256 is not None and not hmac.compare_digest(self._sha256.hexdigest(), self._payload):
            text = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise Fault("XAmzContentSHA256Mismatch", text)
        if "content-md5" in self._headers:
            self._compare_md5(self._headers["content-md5"])
        found = {name: as_text(checksum.digest()) for name, checksum in self._sums.items()}
        for name, value in found.items():
            said = trailers.get(_CHECKSUM + name, self._headers.get(_CHECKSUM + name))
            if said not in (None, value):
                text = f"The {name.upper()} you specified did not match the calculated checksum."
                raise Fault("BadDigest", text)
        return found

    def _compare_md5(self, text: str) -> None:
        try:
            digest = base64.b64decode(text, validate=True)
        except ValueError:
            digest = b""
        if len(digest) != 16:
            raise Fault("InvalidDigest", "The Content-MD5 you specified is not valid.")
        if digest != self.blob.md5.digest():
            raise Fault("BadDigest", "The Content-MD5 you specified did not match what we received.")


def _asked(headers: Mapping[str, str]) -> set[str]:
    """Names of the checksums that a request brings or wants. Raises Fault for unknown ones."""
    named = {name.removeprefix(_CHECKSUM) for name in headers if name.startswith(_CHECKSUM)} & ALGORITHMS.keys()
    trailers = (name.strip().lower() for name in headers.get("x-amz-trailer", "").split(","))
    named |= {name.removeprefix(_CHECKSUM) for name in trailers if name.startswith(_CHECKSUM)}
    named |= {headers[name].lower() for name in ("x-amz-sdk-checksum-algorithm",) if name in headers}
    return known(named)


def known(names: set[str]) -> set[str]:
    """Raises Fault for a checksum that is not computed here."""
    if unknown := names - ALGORITHMS.keys():
        raise Fault("InvalidRequest", f"Checksum algorithm {', '.join(sorted(unknown))} is not supported")
    return names
