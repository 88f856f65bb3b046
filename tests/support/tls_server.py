"""Debian's PostgreSQL 15 over TCP, with TLS and a SCRAM password: the server a team would really have."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

BIN = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True)
class TlsServer:
    port: int
    password: str
    certificate: Path
    socket_dir: Path

    def url(self, user: str = "postgres", database: str = "postgres", password: str | None = None) -> str:
        """A connection URL that verifies the server's certificate."""
        secret = self.password if password is None else password
        return (
            f"postgresql://{user}:{secret}@localhost:{self.port}/{database}"
            f"?sslmode=verify-full&sslrootcert={self.certificate}"
        )


@contextmanager
def tls_server() -> Iterator[TlsServer]:
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    base = Path(tempfile.mkdtemp(prefix="lw-pg15-"))
    as_account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    password = secrets.token_urlsafe(16)
    try:
        (base / "password").write_text(password)
        _certificate(base)
        for path in (base, *base.iterdir()):
            os.chown(path, account.pw_uid, account.pw_gid)
        data = base / "data"
        subprocess.run(
            [str(BIN / "initdb"), "-D", str(data), "-U", "postgres", "--pwfile", str(base / "password"),
             "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
            check=True, capture_output=True, cwd="/", **as_account,
        )  # fmt: skip
        (data / "pg_hba.conf").write_text(
            "hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl replication all 127.0.0.1/32 scram-sha-256\n"
        )
        port = _free_port()
        process = subprocess.Popen(
            [str(BIN / "postgres"), "-D", str(data), "-p", str(port), "-c", "listen_addresses=127.0.0.1",
             "-c", f"unix_socket_directories={base}", "-c", "wal_level=logical", "-c", "ssl=on", "-c", "fsync=off",
             "-c", f"ssl_cert_file={base / 'server.crt'}", "-c", f"ssl_key_file={base / 'server.key'}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **as_account,
        )  # fmt: skip
        try:
            server = TlsServer(port, password, base / "server.crt", base)
            base.chmod(0o755)
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "server.key"),
         "-out", str(folder / "server.crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "server.key").chmod(0o600)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: TlsServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(server.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
