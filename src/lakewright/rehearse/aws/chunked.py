"""The `aws-chunked` body of an upload: sizes, signatures that hang on one another, and trailers."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping

from lakewright.rehearse.aws.faults import Fault, NotAuthenticated, Reason
from lakewright.rehearse.aws.sigv4 import EMPTY_HASH, Claim, sign

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_WITH_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_WITH_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
KINDS = frozenset({SIGNED, SIGNED_WITH_TRAILER, UNSIGNED_WITH_TRAILER})
LONGEST_LINE = 8192
MOST_TRAILERS = 16
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})(?:;chunk-signature=([0-9a-f]{64}))?")


def incomplete() -> Fault:
    return Fault("IncompleteBody", "The request body terminated unexpectedly")


class ChunkedBody:
    """Takes a body as it arrives and gives its bytes. `end` says whether it was whole and honest.

    What was given before the end is to be thrown away when `feed` or `end` raises.
    """

    def __init__(self, kind: str, claim: Claim, signing_key: bytes) -> None:
        self._signs = kind != UNSIGNED_WITH_TRAILER
        self._has_trailer = kind != SIGNED
        self._claim, self._key = claim, signing_key
        self._last = claim.signature
        self._buffer = bytearray()
        self._step: Callable[[], Iterator[bytes] | None] = self._size_line
        self._left = 0
        self._hash = hashlib.sha256()
        self._expected = ""
        self._lines: list[str] = []
        self.over = False

    @property
    def trailers(self) -> Mapping[str, str]:
        """Names in lower case."""
        pairs = (line.partition(":") for line in self._lines)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Raises Fault for what is malformed, NotAuthenticated for a wrong signature."""
        self._buffer += data
        while not self.over:
            given = self._step()
            if given is None:
                return
            yield from given

    def end(self) -> None:
        """Raises Fault IncompleteBody when the last chunk did not come."""
        if not self.over:
            raise incomplete()

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n", 0, LONGEST_LINE)
        if end < 0:
            if len(self._buffer) >= LONGEST_LINE:
                raise incomplete()
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _size_line(self) -> Iterator[bytes] | None:
        line = self._line()
        if line is None:
            return None
        found = _SIZE.fullmatch(line)
        if found is None or (self._signs and found[2] is None):
            raise incomplete()
        self._left, self._expected, self._hash = int(found[1], 16), (found[2] or b"").decode(), hashlib.sha256()
        if self._left:
            self._step = self._data
        else:
            self._check_chunk()
            self._step = self._trailer if self._has_trailer else self._last_line
        return iter(())

    def _data(self) -> Iterator[bytes] | None:
        if not self._buffer:
            return None
        taken = bytes(self._buffer[: self._left])
        del self._buffer[: len(taken)]
        self._left -= len(taken)
        if self._signs:
            self._hash.update(taken)
        if not self._left:
            self._check_chunk()
            self._step = self._chunk_end
        return iter((taken,))

    def _chunk_end(self) -> Iterator[bytes] | None:
        line = self._line()
        if line:
            raise incomplete()
        if line is not None:
            self._step = self._size_line
        return None if line is None else iter(())

    def _last_line(self) -> Iterator[bytes] | None:
        if self._line() is None:
            return None
        self.over = True
        return iter(())

    def _trailer(self) -> Iterator[bytes] | None:
        line = self._line()
        if line is None:
            return None
        if line:
            if len(self._lines) >= MOST_TRAILERS:
                raise incomplete()
            self._lines.append(line.decode("latin-1"))
            return iter(())
        if self._signs:
            self._check_trailer()
        self.over = True
        return iter(())

    def _check_chunk(self) -> None:
        if not self._signs:
            return
        self._check("AWS4-HMAC-SHA256-PAYLOAD", self._expected, EMPTY_HASH, self._hash.hexdigest())

    def _check_trailer(self) -> None:
        signature = self.trailers.get("x-amz-trailer-signature", "")
        self._lines = [line for line in self._lines if not line.lower().startswith("x-amz-trailer-signature")]
        text = "".join(f"{name}:{value}\n" for name, value in self.trailers.items())
        self._check("AWS4-HMAC-SHA256-TRAILER", signature, hashlib.sha256(text.encode("latin-1")).hexdigest())

    def _check(self, algorithm: str, signature: str, *rest: str) -> None:
        right = sign(self._key, algorithm, self._claim, self._last, *rest)
        if not hmac.compare_digest(right, signature):
            raise NotAuthenticated(Reason.MISMATCH)
        self._last = right
