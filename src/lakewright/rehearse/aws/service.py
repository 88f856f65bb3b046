"""The web server of the local AWS and the local Databricks: one loopback port, in a thread of its own."""

from __future__ import annotations

import logging
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import uvicorn

from lakewright.errors import ProblemError
from lakewright.rehearse.aws.http import Message, Receive, Send
from lakewright.rehearse.aws.protocol import BoundedProtocol

START_SECONDS = 10.0
STOP_SECONDS = 3
KEEP_ALIVE_SECONDS = 75
MOST_CONNECTIONS = 8192


class Application(Protocol):
    """An ASGI application that has something to close."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None: ...

    def close(self) -> None: ...


@contextmanager
def serving(app: Application, port: int = 0) -> Iterator[int]:
    """Answers on 127.0.0.1 until the block ends; gives the port. Raises ProblemError LW1401 when it is taken."""
    _raise_file_limit()
    with _bound(port) as listener:
        server = uvicorn.Server(_config(app))
        thread = threading.Thread(target=server.run, args=([listener],), name="local-front", daemon=True)
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        if not server.started:
            raise ProblemError("LW1402", "the web server did not start", hint="LAKEWRIGHT_DEBUG=1 shows more")
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS + 2)
            app.close()


@contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            fact = f"port {port} cannot be used: {error.strerror}"
            raise ProblemError("LW1401", fact, hint="--port names another; without it a free one is taken") from None
        listener.listen(2048)
        yield listener


def _config(app: Application) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        backlog=2048,
    )


def _raise_file_limit() -> None:
    """As many open files as the system lets this process have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
