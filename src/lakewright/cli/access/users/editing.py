"""Where users stand in the files of a spec, and the spec as it would be with another text in one of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lakewright.errors import ProblemError
from lakewright.spec import Project, load_project
from lakewright.spec.document import read_document
from lakewright.spec.layers import FILE

USERS = ("access", "users")


@dataclass(frozen=True)
class Standing:
    """A file of the project, as it is named in messages, its text, and the mapping of users in it."""

    file: str
    text: str
    path: tuple[str, ...]

    def line_of(self, name: str) -> int:
        """The line at which a user begins; 0 if they are not here."""
        found = read_document(self.text, self.file)[0].find(self.path)
        entry = found.entries().get(name) if found else None
        return entry.place.line if entry else 0


def standing(project: Project, name: str = "") -> Standing:
    """Where a user stands, or where the next one goes: beside the last, else into the file that `users` names, else
    into platform.yaml."""
    users = project.tree.find(USERS)
    own = {key: entry for key, entry in (users.entries() if users else {}).items() if entry.place.layer == "file"}
    if name in own or own:
        known = name if name in own else list(own)[-1]
        return _in_file(project.root, own[known].place.file, known)
    main = _text(project.root, FILE)
    named = read_document(main, FILE)[0].find(USERS)
    if named is not None and isinstance(named.content, str):
        return Standing(named.content, _text(project.root, named.content), ())
    return Standing(FILE, main, USERS)


def _in_file(root: Path, file: str, name: str) -> Standing:
    text = _text(root, file)
    inside = read_document(text, file)[0].find(USERS)
    return Standing(file, text, USERS if inside is not None and name in inside.entries() else ())


def _text(root: Path, file: str) -> str:
    """With the line ends that it has."""
    return (root / file).read_bytes().decode("utf-8")


@contextmanager
def changed(project: Project, file: str, text: str, environment: str) -> Iterator[Project]:
    """The project as it would be: every other file is linked. Raises Mistakes."""
    with tempfile.TemporaryDirectory() as name:
        here, there, parts = project.root, Path(name), Path(file).parts
        for part in parts:
            for entry in here.iterdir():
                if entry.name not in (part, ".lakewright"):
                    (there / entry.name).symlink_to(entry)
            here, there = here / part, there / part
            if part != parts[-1]:
                there.mkdir()
        there.write_bytes(text.encode())
        yield load_project(Path(name), environment)


def write(root: Path, where: Standing, text: str) -> None:
    """Replaces the file at once, whole, with its rights as they are. Raises ProblemError LW1011 when it is not what was
    read any more."""
    path = (root / where.file).resolve()
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(text.encode())
            os.fchmod(out.fileno(), path.stat().st_mode & 0o7777)
        _check_unchanged(path, where)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _check_unchanged(path: Path, where: Standing) -> None:
    if path.read_bytes() != where.text.encode():
        fact = "it was changed by somebody else in the meantime, and stays as it is"
        raise ProblemError("LW1011", fact, place=where.file, hint="look at it, and do this again")
