"""`lakewright serve` while its project's files change: what they say now, or said last when they are broken."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, TypeVar

from lakewright.errors import LakewrightError, SpecError
from lakewright.observe import Event, Observer
from lakewright.spec import Project, load_project
from lakewright.spec.document import Value
from lakewright.spec.layers import FILE

LOOK_SECONDS = 0.3
Stamps = Mapping[Path, tuple[int, int, int] | None]
T = TypeVar("T")


class Standing(Generic[T]):
    """What is in force, made of a project. `look` reads the project again when its files have changed.

    `make` raises LakewrightError for a project that cannot be in force; then, as for a broken file, the last good one
    stays, and `observe` is told once. `applied` is called with each new one before it is in force.
    """

    def __init__(
        self, project: Project, first: T, make: Callable[[Project], T], applied: Callable[[T], None], observe: Observer
    ) -> None:
        self.now = first
        self._project, self._make, self._applied, self._observe = project, make, applied, observe
        self._files = ProjectFiles(project)
        self._read = self._seen = self._files.stamps()

    def look(self) -> str | None:
        """None while nothing changed; else what came of it, in one line.

        Files are read when two looks found them the same: one that is half written may be valid and permit more.
        """
        stamps = self._files.stamps()
        steady, self._seen = stamps == self._seen, stamps
        if stamps == self._read or not steady:
            return None
        try:
            fresh, found = self._made()
        except LakewrightError as error:
            self._read = stamps
            return self._kept(error)
        if self._files.stamps() != stamps:
            return None
        self._applied(found)
        self.now, self._project, self._files = found, fresh, ProjectFiles(fresh)
        self._read = self._seen = self._files.stamps()
        self._observe(Event("serve.reread", {}))
        return "the project's files were read again"

    def _made(self) -> tuple[Project, T]:
        try:
            fresh = load_project(self._project.root, self._project.env)
        except OSError as error:
            raise SpecError("LW1412", f"{error.filename}: {error.strerror}") from None
        if (fresh.lake_uri, fresh.platform.platform) != (self._project.lake_uri, self._project.platform.platform):
            fact = "the platform's name and its lake's place are read when the service starts"
            raise SpecError("LW1411", fact, place=fresh.place("platform"), hint="restart `lakewright serve`")
        return fresh, self._make(fresh)

    def _kept(self, error: LakewrightError) -> str:
        texts = str(error).splitlines()
        self._observe(Event("serve.not_reread", {"errors": texts}, "error"))
        return f"the project's files are broken, and what they said before stays in force: {texts[0]}"

    @contextmanager
    def watched(self, told: Callable[[str], None]) -> Iterator[None]:
        """Looks three times a second until the block ends; `told` gets what came of a change."""
        ending = threading.Event()

        def watch() -> None:
            while not ending.wait(LOOK_SECONDS):
                if (text := self.look()) is not None:
                    told(text)

        thread = threading.Thread(target=watch, name="serve-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()


class ProjectFiles:
    """Every file that a project was made of, and those that belong to it since."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._named = {project.root / name for name in {FILE, *_files(project.tree)}}

    def stamps(self) -> Stamps:
        """What of each file changes when it does; None for one that is not there."""
        paths = set(self._named)
        for pattern in self._project.platform.include:
            paths.update(self._project.root.glob(pattern))
        for folder in self._project.model_folders:
            paths.update(folder.rglob("*.sql"))
        return {path: _stamp(path) for path in paths}


def _files(value: Value) -> Iterator[str]:
    yield value.place.file
    match value.content:
        case dict() as entries:
            for entry in entries.values():
                yield from _files(entry.value)
        case list() as items:
            for item in items:
                yield from _files(item)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino
    return None
