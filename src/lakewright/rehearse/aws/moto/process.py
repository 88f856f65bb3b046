"""The process in which moto runs: answers on a UNIX socket until its standard input ends.

Run as `python -m lakewright.rehearse.aws.moto.process SOCKET [JOURNAL]`. Nobody but the owner of the socket's folder
can reach it, since it checks nobody; that folder is there for the socket alone, and removed at the end. One request at
a time; with a journal, what was asked before is asked again first.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
from pathlib import Path

BACKLOG = 512


def main(socket: str, journal: str = "") -> None:
    """Serves until stdin is closed: when the parent ends, however that happens, this ends too, and the folder goes."""
    try:
        _serve(socket, journal)
    except BrokenPipeError:  # the parent has ended before this could begin
        pass
    finally:
        shutil.rmtree(Path(socket).parent, ignore_errors=True)
    os._exit(0)


def _serve(socket: str, journal: str) -> None:
    from werkzeug.serving import BaseWSGIServer, make_server

    from lakewright.rehearse.aws.moto.application import Application
    from lakewright.rehearse.aws.moto.journal import Journal

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    application = Application(Journal(Path(journal)) if journal else None)
    try:
        application.replay()
    except (ValueError, TypeError, KeyError):
        print("unreadable", flush=True)
        return
    BaseWSGIServer.request_queue_size = BACKLOG
    server = make_server(f"unix://{socket}", 0, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
