"""The process in which moto runs: answers on a UNIX socket until its standard input ends.

Run as `python -m lakewright.rehearse.aws.glue.moto_process SOCKET`. Nobody but the owner of the socket's folder can
reach it, since it checks nobody.
"""

from __future__ import annotations

import logging
import os
import sys
import threading


def main(socket: str) -> None:
    """Serves until stdin is closed: when the parent ends, however that happens, this ends too."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server(f"unix://{socket}", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
