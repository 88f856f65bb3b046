"""moto's WSGI application, one request at a time, with errors that say what they are, and a journal."""

from __future__ import annotations

import io
import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from lakewright.rehearse.aws.moto.journal import Journal, Record
from lakewright.rehearse.aws.moto.patches import install

Environ = dict[str, Any]
Start = Callable[..., Any]
KEEP = "x-lakewright-keep"
"""Header of requests that change something: they go into the journal."""
LACKS = "x-lakewright-lacks"
"""Header of answers: moto does not know the action, or (`crashed`) failed on it."""


class Application:
    """Each request draws its random names from a seed of its own: asked again with it, it makes the same names."""

    def __init__(self, journal: Journal | None) -> None:
        self._app = DomainDispatcherApplication(_service_app)
        self._journal = journal
        self._lock = threading.Lock()

    def replay(self) -> None:
        """Asks everything that the journal has."""
        for record in self._journal.records() if self._journal is not None else ():
            self._run(record)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        record = _record(environ)
        with self._lock:
            status, headers, body = self._run(record)
            if self._journal is not None and record.headers.get(KEEP) and status.startswith("2"):
                self._journal.add(record)
        start(status, headers)
        return [body]

    def _run(self, record: Record) -> tuple[str, list[tuple[str, str]], bytes]:
        mock_random.seed(record.seed)
        answered: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
            answered.append((status, headers))
            return lambda _: None

        try:
            body = b"".join(self._app(_environ(record), start))
        except NotImplementedError as error:
            return "501 Not Implemented", [(LACKS, "action")], str(error).encode()
        except Exception as error:
            return "500 Internal Server Error", [(LACKS, "crashed")], f"{type(error).__name__}: {error}".encode()
        status, headers = answered[-1]
        is_page = dict(headers).get("Content-Type", "").startswith("text/html")
        if status[0] in "45" and body and is_page and not _is_xml(body):
            return status, [(LACKS, "action")], body
        return status, headers, body


def _service_app(service: Any) -> Any:
    install(service)
    return create_backend_app(service)


def _is_xml(body: bytes) -> bool:
    """moto labels the errors of some query services as HTML."""
    return b"<Error" in body or b"<Errors>" in body or body.lstrip().startswith(b"{")


def _record(environ: Environ) -> Record:
    size = int(environ.get("CONTENT_LENGTH") or 0)
    names = (name for name in environ if name.startswith("HTTP_"))
    headers = {name[5:].replace("_", "-").lower(): str(environ[name]) for name in names}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    body = environ["wsgi.input"].read(size) if size else b""
    return Record(environ["REQUEST_METHOD"], target, headers, body, secrets.randbits(63))


def _environ(record: Record) -> Environ:
    path, _, query = record.target.partition("?")
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in record.headers.items()}
    return headers | {
        "REQUEST_METHOD": record.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": record.target,
        "REQUEST_URI": record.target,
        "CONTENT_TYPE": record.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(record.body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(record.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
