"""A process that forks workers: small, single-threaded, with everything imported and engines opened ahead.

It is started as a new program, so nothing of the service (secrets, policy, open files) is in its memory. It confines
itself before it forks; a worker is one fork that serves one query and ends. When the service is gone, so is its end of
the control socket; the zygote then ends, and the kernel ends the workers with it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from lakewright.query.governed import confinement
from lakewright.query.governed.link import Closed, Link

if TYPE_CHECKING:
    import duckdb

USER, READER = "user", "reader"
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    USER: {
        "python_enable_replacements": False,
        "python_scan_all_frames": False,
        "allow_community_extensions": False,
    },
    READER: {"python_enable_replacements": False, "allow_community_extensions": False},
}
COMMON: Mapping[str, Any] = {
    "threads": 1,
    "memory_limit": f"{confinement.MEMORY}B",
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def main(control_fd: int, role: str, network: bool) -> None:
    """`role` is `user` (a principal's SQL, no files at all) or `reader` (the trusted one)."""
    sys.modules["numpy"] = None  # type: ignore[assignment]  # not needed here, and each fork copies its maps
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    confinement.hide_memory()
    namespaces = not network and confinement.leave_network()
    control = Link(socket.socket(fileno=control_fd), ahead=False)
    try:
        head, _, _ = control.receive()
        templates = {text: _open(role, text) for text in head["preludes"]}
        _warm(role)
        confinement.remember_memory()
        # a reader confines itself once it knows the tables
        files = confinement.only_read((), network=False) if role == USER else confinement.landlock_abi() > 0
        calls = confinement.refuse_calls(network=network, forks=True)
        in_force = {"namespaces": namespaces, "landlock": files, "seccomp": calls}
        control.send({"ready": os.getpid(), "in_force": in_force, "threads": _threads()})
        _serve(control, role, network, templates)
    except Closed:
        return


def _serve(control: Link, role: str, network: bool, templates: dict[str, duckdb.DuckDBPyConnection]) -> None:
    """Forks a worker for each message; the message brings the worker's end of its link. Raises Closed."""
    while True:
        head, _, files = control.receive()
        if head["prelude"] not in templates:
            templates[head["prelude"]] = _open(role, head["prelude"])
        if os.fork() == 0:
            control.close()
            _work(role, network, head["ahead"], templates[head["prelude"]], Link(socket.socket(fileno=files[0])))
        for one in files:
            os.close(one)


def _work(role: str, network: bool, ahead: bool, connection: duckdb.DuckDBPyConnection, link: Link) -> NoReturn:
    """One query, then the end: nothing of this process is used twice. `ahead`: nobody waits for it yet."""
    from lakewright.query.governed import reader, user

    confinement.die_with_parent()
    if role == USER:
        confinement.refuse_calls(network=network, forks=False)
    try:
        own = os.pidfd_open(os.getpid())
        link.send({"pid": os.getpid()}, files=(own,))
        os.close(own)
        served = user if role == USER else reader
        if ahead:  # memory that the fork shares is copied when it is first written: better before the query comes
            served.touch(connection)
        served.serve(link, connection)
    except Closed:
        os._exit(0)
    except MemoryError:
        os._exit(12)
    os._exit(0)


def _open(role: str, prelude: str) -> duckdb.DuckDBPyConnection:
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect(":memory:", config={**COMMON, **SETTINGS[role]})
    connection.execute("SET GLOBAL TimeZone = 'UTC'; SET TimeZone = 'UTC'")
    if role == READER and hasattr(pa, "decimal64"):  # a decimal of up to 18 digits in eight bytes
        connection.execute("SET GLOBAL arrow_output_version = '1.5'")
    if role == USER:
        connection.execute("SET enable_external_access = false")
    if prelude:
        connection.execute(prelude)
    connection.execute("CREATE TABLE warm (a BIGINT); EXPLAIN (FORMAT json) SELECT count(*) FROM warm WHERE a > 1")
    connection.execute("DROP TABLE warm")
    return connection


def _warm(role: str) -> None:
    """Runs each path once, so that nothing is imported or opened later, when it no longer can be."""
    from lakewright.query.governed import reader, user

    connection = _open(role, "")
    (user if role == USER else reader).rehearse(connection)
    connection.close()


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - no pathlib in a worker
    except OSError:
        return 0


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3] == "network")
