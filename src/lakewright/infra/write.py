"""Puts compiled Terraform on disk: each file whole or not at all, and nothing that a person made or changed.

`.lakewright.json` beside an environment's stacks (and beside `modules/`) lists what was written, name → SHA-256. Only
such files are ever replaced or deleted, and only while they are as they were written.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lakewright.components.landscape import BOOK
from lakewright.errors import Mistakes, SpecError
from lakewright.infra.calls import MODULES
from lakewright.infra.compile import Compiled
from lakewright.infra.own_files import own_mistakes
from lakewright.infra.root_module import Content

MANIFEST = ".lakewright.json"


@dataclass(frozen=True)
class Written:
    """What a write did: names relative to the folder `infra/`."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int


def written(compiled: Compiled, folder: Path, *, force: bool = False) -> Written:
    """Writes an environment below `folder` (`infra/`), and the modules it calls.

    Raises Mistakes, having written nothing, if a person changed one of our files or has one of their own in the way
    (LW1309; `force` overwrites those), or if one of their own beside ours is wrong (LW1397).
    """
    ours = {stack.name: stack.files for stack in compiled.stacks}
    if wrong := [*own_mistakes(folder / compiled.environment, ours, compiled.place.region)]:
        raise Mistakes(wrong)
    parts = _parts(compiled, folder)
    edited = [path for part in parts for path in part.edited()]
    if edited and not force:
        raise Mistakes(_edited(path, folder) for path in edited)
    if compiled.book and not _is_current(compiled, folder):  # first: what is in it must not be given to another
        put_file(folder.parent / BOOK, compiled.book.encode())
    for part in parts:
        part.write()
    return _told(parts, folder)


def _is_current(compiled: Compiled, folder: Path) -> bool:
    path = folder.parent / BOOK
    return path.is_file() and path.read_bytes() == compiled.book.encode()


def compared(compiled: Compiled, folder: Path) -> Written:
    """What `written` would do, edits overwritten; nothing is written."""
    told = _told(_parts(compiled, folder), folder)
    stale = compiled.book and not _is_current(compiled, folder)
    return replace(told, changed=(*told.changed, f"../{BOOK}")) if stale else told


def _parts(compiled: Compiled, folder: Path) -> list[Part]:
    used = sorted(compiled.modules)
    own = Part(folder / compiled.environment, _files(compiled), used)
    return [own, Part(folder / MODULES, _modules(compiled, folder))]


def _told(parts: Sequence[Part], folder: Path) -> Written:
    return Written(
        tuple(part.named(name, folder) for part in parts for name in part.created),
        tuple(part.named(name, folder) for part in parts for name in part.changed),
        tuple(part.named(name, folder) for part in parts for name in part.gone),
        sum(len(part.files) - len(part.changed) - len(part.created) for part in parts),
    )


def _edited(path: Path, folder: Path) -> SpecError:
    hint = "move what you changed into a file of your own beside it, or --force to overwrite"
    place = f"{folder.name}/{path.relative_to(folder)}"
    return SpecError("LW1309", "changed by hand since it was compiled", place=place, hint=hint)


def _files(compiled: Compiled) -> dict[str, bytes]:
    return {
        f"{stack.name}/{name}": _bytes(content) for stack in compiled.stacks for name, content in stack.files.items()
    }


def _modules(compiled: Compiled, folder: Path) -> dict[str, bytes]:
    """The modules of this environment, and those that other environments have."""
    files = {
        f"{name}/{path.relative_to(module).as_posix()}": path.read_bytes()
        for name, module in compiled.modules.items()
        for path in sorted(module.rglob("*"))
        if path.is_file() and not any(part.startswith(".terraform") for part in path.parts)
    }
    used = {name for other in _others(compiled, folder) for name in other}
    kept = _read(folder / MODULES)
    for name in kept:
        module = name.partition("/")[0]
        if module in used and module not in compiled.modules and (folder / MODULES / name).is_file():
            files[name] = (folder / MODULES / name).read_bytes()
    return files


def _others(compiled: Compiled, folder: Path) -> Iterator[list[str]]:
    for path in sorted(folder.glob(f"*/{MANIFEST}")):
        if path.parent.name not in (MODULES, compiled.environment):
            yield json.loads(path.read_text(encoding="utf-8"))["modules"]


def _bytes(content: Content) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _read(folder: Path) -> dict[str, list[str]]:
    """Name → the digests that a file of ours may have: one, or two if a write was interrupted."""
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    files: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))["files"]
    return files


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Part:
    """A folder of files that are written together; `modules`: those that its files call."""

    def __init__(self, folder: Path, files: Mapping[str, bytes], modules: Sequence[str] = ()) -> None:
        self.modules = modules
        self.folder = folder
        self.files = files
        self.known = _read(folder)
        paths = {name: folder / name for name in {*files, *self.known}}
        self.found = {name: _digest(path.read_bytes()) for name, path in paths.items() if path.is_file()}
        self.digests = {name: _digest(content) for name, content in sorted(files.items())}
        self.created = [name for name in self.digests if name not in self.found]
        self.changed = [name for name, digest in self.digests.items() if self.found.get(name, digest) != digest]
        self.gone = [name for name in self.known if name not in files and name in self.found]

    def named(self, name: str, root: Path) -> str:
        """A file as seen from `root`."""
        return f"{self.folder.relative_to(root)}/{name}"

    def edited(self) -> list[Path]:
        """Files in the way that are not as they were written."""
        return [
            self.folder / name
            for name, digest in sorted(self.found.items())
            if digest not in self.known.get(name, ()) and digest != self.digests.get(name)
        ]

    def write(self) -> None:
        """Replaces, makes and deletes. The list goes first, so that an interrupted write leaves no file unknown."""
        final = {name: [digest] for name, digest in self.digests.items()}
        if not (self.changed or self.created or self.gone) and self.known == final:
            return
        either = {name: {*self.known.get(name, ()), *final.get(name, ())} for name in {*self.known, *final}}
        self._list({name: sorted(digests) for name, digests in either.items()})
        for name in (*self.changed, *self.created):
            put_file(self.folder / name, self.files[name])
        for name in self.gone:
            _remove(self.folder / name, self.folder)
        self._list(final)

    def _list(self, files: Mapping[str, list[str]]) -> None:
        body = {"files": dict(sorted(files.items())), "modules": list(self.modules)}
        put_file(self.folder / MANIFEST, (json.dumps(body, indent=1) + "\n").encode())


def put_file(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        staged.write_bytes(content)
        staged.replace(path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise


def _remove(path: Path, root: Path) -> None:
    """The file, and the folders that are empty without it."""
    path.unlink()
    for parent in path.relative_to(root).parents:
        folder = root / parent
        if folder == root or any(folder.iterdir()):
            return
        folder.rmdir()
