"""What another process asks a running ingester to do, as small files in `.lakewright/requests/<source>/`."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

RESNAPSHOT, PAUSE, RESUME = "resnapshot", "pause", "resume"


@dataclass(frozen=True)
class Request:
    """`table` is a Bronze table's name; None means all tables (or, for pause and resume, the whole ingester)."""

    action: str
    table: str | None = None


def leave(folder: Path, request: Request) -> Path:
    """Puts a request where the ingester will find it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.json"
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(request)), encoding="utf-8")
    return temporary.rename(path)


def waiting(folder: Path) -> list[tuple[Path, Request]]:
    """All requests, oldest first. The one who does them removes their files afterwards."""
    if not folder.is_dir():
        return []
    paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return [(path, Request(**json.loads(path.read_text(encoding="utf-8")))) for path in paths]


def paused(folder: Path) -> bool:
    """Whether the source is paused (a mark that survives restarts)."""
    return (folder / "paused").exists()


def set_paused(folder: Path, value: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if value:
        (folder / "paused").touch()
    else:
        (folder / "paused").unlink(missing_ok=True)
