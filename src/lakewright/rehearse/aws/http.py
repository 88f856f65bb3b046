"""Requests and answers between the web server and the services; everything is bounded in size and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.sigv4 import Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SILENT_SECONDS = 30.0
BUFFERED_BYTES = 256 << 20
FILE_CHUNK = 1 << 18
DRAINED_BYTES = 1 << 28


class Vanished(Exception):  # noqa: N818 - nobody is left to be told
    """The client went away."""


class Budget:
    """Memory for bodies that must be whole before they can be checked, all requests together."""

    def __init__(self, size: int = BUFFERED_BYTES) -> None:
        self._left = size

    @contextmanager
    def taking(self) -> Iterator[Callable[[int], None]]:
        """A function that takes so many bytes until the block ends. It raises Fault when there are none left."""
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if size > self._left:
                raise Fault("ThrottlingException", "Rate exceeded", 429)
            self._left -= size
            taken += size

        try:
            yield take
        finally:
            self._left += taken


@dataclass(slots=True)
class Incoming:
    """One request: its head, and its body as it arrives."""

    head: Request
    receive: Receive
    id: str
    over: bool = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body. Raises Vanished, or Fault RequestTimeout when nothing comes for 30 seconds."""
        while not self.over:
            try:
                async with asyncio.timeout(SILENT_SECONDS):
                    message = await self.receive()
            except TimeoutError:
                text = "Your socket connection to the server was not read from or written to within the timeout period."
                raise Fault("RequestTimeout", text, 400, {"connection": "close"}) from None
            if message["type"] == "http.disconnect":
                raise Vanished
            self.over = not message.get("more_body", False)
            if message["body"]:
                yield message["body"]

    async def body(self, most: int, take: Callable[[int], None]) -> bytes:
        """The whole body. Raises Fault RequestEntityTooLargeException beyond `most` bytes."""
        if self.declared_size() > most:
            raise _too_large()
        parts: list[bytes] = []
        size = 0
        async for chunk in self.chunks():
            size += len(chunk)
            if size > most:
                raise _too_large()
            take(len(chunk))
            parts.append(chunk)
        return b"".join(parts)

    @property
    def may_hold_back_its_body(self) -> bool:
        """Whether the client asked before sending the body, and may now not send it: the connection's end is open."""
        return not self.over and "expect" in self.head.headers

    async def drained(self) -> bool:
        """Throws away what is left of the body, so that the client gets to read the answer. False when it is gone."""
        left = DRAINED_BYTES
        try:
            async for chunk in self.chunks():
                left -= len(chunk)
                if left < 0:
                    return True
        except Vanished:
            return False
        except Fault:
            return True
        return True

    def declared_size(self) -> int:
        text = self.head.headers.get("content-length", "0")
        return int(text) if text.isdigit() else 0


@dataclass(frozen=True, slots=True)
class FileBody:
    """A part of an open file that an answer sends and closes."""

    file: BinaryIO
    start: int
    length: int
    path: Path


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (lower case) and body."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | FileBody = b""


def _too_large() -> Fault:
    return Fault("RequestEntityTooLargeException", "Request entity too large", 413)


def incoming(scope: Message, receive: Receive, request_id: str) -> Incoming:
    """Reads an ASGI request's head; headers that come more than once are joined with a comma."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    path = scope["raw_path"].partition(b"?")[0].decode("latin-1")
    head = Request(scope["method"], path, scope["query_string"].decode("latin-1"), headers)
    return Incoming(head, receive, request_id)


async def deliver(answer: Answer, request: Incoming, send: Send) -> None:
    """Sends an answer. A file is read piece by piece, and not at all when nobody listens any more."""
    is_file = isinstance(answer.body, FileBody)
    headers = dict(answer.headers)
    if "content-length" not in headers and answer.status != 204:
        headers["content-length"] = str(answer.body.length if isinstance(answer.body, FileBody) else len(answer.body))
    pairs = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in headers.items()]
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        if isinstance(answer.body, FileBody):
            await _send_file(answer.body, request, send)
        else:
            await send({"type": "http.response.body", "body": answer.body})
    finally:
        if is_file:
            answer.body.file.close()  # type: ignore[union-attr]


async def _send_file(body: FileBody, request: Incoming, send: Send) -> None:
    gone = asyncio.ensure_future(_gone(request)) if body.length > FILE_CHUNK else None
    try:
        body.file.seek(body.start)
        left = body.length
        while left > 0:
            if gone is not None and gone.done():
                return
            size = min(FILE_CHUNK, left)
            chunk = await asyncio.to_thread(body.file.read, size) if gone is not None else body.file.read(size)
            left = left - len(chunk) if chunk else 0
            async with asyncio.timeout(SILENT_SECONDS):
                await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
        if body.length == 0:
            await send({"type": "http.response.body", "body": b""})
    finally:
        if gone is not None:
            gone.cancel()


async def _gone(request: Incoming) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
