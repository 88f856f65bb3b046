"""Which database of this machine stands in for a source's host. No other host is ever reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lakewright.errors import ProblemError, SpecError

LOOPBACK = ("", "127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class StandIns:
    """Host as deployed → PostgreSQL URL (or libpq's key=value form) on loopback or a socket."""

    urls: Mapping[str, str]

    def __post_init__(self) -> None:
        for host, url in self.urls.items():
            if _host(url) not in LOOPBACK and not _host(url).startswith("/"):
                fact = f"the stand-in of {host} is not on this machine"
                raise SpecError("LW1451", fact, hint="a rehearsal only reaches 127.0.0.1 and sockets")

    def url(self, host: str) -> str:
        """Raises ProblemError LW1450 for a host without a stand-in."""
        found = self.urls.get(host)
        if found is None:
            known = ", ".join(sorted(self.urls)) or "none"
            raise ProblemError(
                "LW1450",
                f'no stand-in is declared for the host "{host}": a rehearsal reaches no other machine',
                hint=f"declare it under `standins`; declared are {known}",
            )
        return found


def _host(url: str) -> str:
    if "://" in url:
        return urlsplit(url).hostname or ""
    parts = dict(part.partition("=")[::2] for part in url.split())
    return str(parts.get("host", ""))
