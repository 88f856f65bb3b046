"""The plugin process: handshake on stdout, gRPC on a socket in a private folder, ended with Terraform."""

from __future__ import annotations

import base64
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc  # type: ignore[import-untyped,unused-ignore]
from tf.gen import (  # type: ignore[import-untyped,unused-ignore]
    grpc_controller_pb2,
    grpc_controller_pb2_grpc,
    grpc_stdio_pb2_grpc,
    tfplugin_pb2_grpc,
)

from lakewright.rehearse.databricks.provider.service import Service

COOKIE = ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
"""What Terraform tells every plugin, so that a person who starts one by hand is told what it is."""
WATCH_SECONDS = 0.25
THREADS = 32
MOST_BYTES = 256 << 20


class _Controller(grpc_controller_pb2_grpc.GRPCControllerServicer):  # type: ignore[misc,unused-ignore]
    def __init__(self, ended: threading.Event) -> None:
        self.ended = ended

    def Shutdown(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self.ended.set()
        return grpc_controller_pb2.Empty()


class _Output(grpc_stdio_pb2_grpc.GRPCStdioServicer):  # type: ignore[misc,unused-ignore]
    def StreamStdio(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return iter(())


def run(environ: Mapping[str, str]) -> int:
    """Serves until Terraform says so, or is gone."""
    if environ.get(COOKIE[0]) != COOKIE[1]:
        sys.stderr.write("This is a plugin: Terraform starts it (`lakewright rehearse` shows where it is).\n")
        return 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Terraform decides what an interrupt ends
    parent, ended = os.getppid(), threading.Event()
    server = grpc.server(
        ThreadPoolExecutor(THREADS),
        options=[("grpc.max_receive_message_length", MOST_BYTES), ("grpc.max_send_message_length", MOST_BYTES)],
    )
    tfplugin_pb2_grpc.add_ProviderServicer_to_server(Service(environ), server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(_Controller(ended), server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(_Output(), server)
    with tempfile.TemporaryDirectory(prefix="lakewright-") as folder:
        path = f"{folder}/provider"
        certificate = _listen(server, path, environ.get("PLUGIN_CLIENT_CERT", ""))
        server.start()
        sys.stdout.write(f"1|6|unix|{path}|grpc|{certificate}\n")
        sys.stdout.flush()
        while not ended.wait(WATCH_SECONDS) and os.getppid() == parent:
            pass
        time.sleep(0.01)  # the answer to Shutdown goes out
        server.stop(0)
    return 0


def _listen(server: Any, path: str, client: str) -> str:
    """Opens the socket; gives the server's certificate for the handshake, or nothing without TLS.

    Terraform's own certificate is not asked for: gRPC does not take its kind (P-521). The folder is this user's alone.
    """
    if not client:
        server.add_insecure_port(f"unix:{path}")
        return ""
    key, certificate, encoded = _certificate()
    server.add_secure_port(f"unix:{path}", grpc.ssl_server_credentials([(key, certificate)]))
    return base64.b64encode(encoded).decode().rstrip("=")


def _certificate() -> tuple[bytes, bytes, bytes]:
    """A key and certificate for this process alone: (key, PEM, DER)."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret, made.public_bytes(serialization.Encoding.PEM), made.public_bytes(serialization.Encoding.DER)


def main() -> None:
    """What the plugin's executable calls."""
    sys.exit(run(os.environ))
