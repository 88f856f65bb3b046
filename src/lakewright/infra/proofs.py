"""That a stack was applied, and from what: kept beside its state, and asked for before what follows it is applied.

A proof (`ENV/STACK.proof.json` in the state's bucket) says which content was applied, and which state that left. It
holds while the stack is compiled as it was, reads of other stacks' outputs what it read, and its state is as it was
left; who could forge it could write the state too. Lost or void, it is made anew by applying the stack again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lakewright.errors import LakewrightError, ProblemError
from lakewright.infra.calls import MODULES
from lakewright.infra.compile import Compiled, Stack
from lakewright.infra.messages import FailedTogether
from lakewright.infra.order import Step
from lakewright.infra.plans import files_of, now
from lakewright.infra.reads import values_read
from lakewright.storage import Storage

FORMAT = 1


@dataclass(frozen=True)
class Basis:
    """What an apply is made from: `content` is the digest of the stack's files and modules, `reads` of the values that
    it reads of other stacks' outputs ("" where it reads none)."""

    content: str = ""
    reads: str = ""


class Gate(Protocol):
    """What is asked before stacks are applied, and told when they were."""

    def refusals(self, steps: Sequence[Step], run: Collection[str] = ()) -> dict[str, LakewrightError]:
        """Stacks of `steps` that may not be applied yet. `run`: what is applied before them in the same run."""

    def basis(self, step: Step) -> Basis:
        """What an apply that begins now is made from."""

    def applied(self, step: Step, basis: Basis) -> None:
        """All of a stack was applied from `basis`, as it was taken before anything of that began."""

    def destroyed(self, step: Step) -> None:
        """All of a stack was destroyed."""


class Open:
    """Nothing has to be proven."""

    def refusals(self, steps: Sequence[Step], run: Collection[str] = ()) -> dict[str, LakewrightError]:  # noqa: ARG002
        return {}

    def basis(self, step: Step) -> Basis:  # noqa: ARG002
        return Basis()

    def applied(self, step: Step, basis: Basis) -> None:
        """Nobody asks for it."""

    def destroyed(self, step: Step) -> None:
        """Nobody asks for it."""


@dataclass(frozen=True)
class Proof:
    """`content` and `reads` are the digests of what was applied (`Basis`), "" once the stack was destroyed; `lineage`
    and `serial` are those of the state that was left."""

    environment: str
    stack: str
    content: str
    made: str
    by: str
    lineage: str = ""
    serial: int = 0
    reads: str = ""
    format: int = FORMAT


@dataclass(frozen=True)
class Kept:
    """The proofs of one environment: what its stacks are compiled to now, the files on disk (`infra/`), and where the
    proofs lie, beside the states."""

    compiled: Compiled
    infra: Path
    storage: Callable[[], Storage]
    _stacks: dict[str, Stack] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_stacks", {stack.name: stack for stack in self.compiled.stacks})

    def has(self, stack: str) -> bool:
        return stack in self._stacks

    def doubt(self, stack: str) -> str:
        """Why it is not proven that the stack, as compiled now, is applied; "" when it is."""
        proof = self.find(stack)
        if proof is None:
            return "has no apply on record"
        if not proof.content:
            return f"was destroyed ({proof.made})"
        if proof.content != self.content(stack):
            return f"was applied from other files than are compiled now ({proof.made})"
        if self._left(stack) != (proof.lineage, proof.serial):
            return f"has another state than that apply left ({proof.made})"
        if proof.reads != self.reads(stack):
            return f"was applied when what it reads was other ({proof.made})"
        return ""

    def has_read_other(self, stack: str) -> bool:
        """Whether it is on record that it was applied when what it reads of other stacks was not what it is now."""
        proof = self.find(stack)
        return proof is not None and bool(proof.content) and proof.reads != self.reads(stack)

    def find(self, stack: str) -> Proof | None:
        """What is on record; None for nothing, or for what this version does not read."""
        text = self._read(_name(stack))
        try:
            return Proof(**json.loads(text)) if text else None
        except (ValueError, TypeError):
            return None

    def basis(self, stack: str) -> Basis:
        """What an apply of the files on disk is made from now."""
        return Basis(self.content(stack, on_disk=True), self.reads(stack))

    def write(self, stack: str, by: str, basis: Basis) -> None:
        """Puts on record that its state was left by an apply from `basis`; from nothing: it was destroyed."""
        lineage, serial = self._left(stack)
        proof = Proof(self.compiled.environment, stack, basis.content, now(), by, lineage, serial, basis.reads)
        text = json.dumps(asdict(proof), indent=1, sort_keys=True) + "\n"
        self.storage().put(_name(stack), text.encode())

    def content(self, stack: str, *, on_disk: bool = False) -> str:
        """Digest of a stack and the modules that it calls: as compiled now, or as the files are on disk. What a person
        has beside ours is in both."""
        one = self._stacks[stack]
        folder, modules = self._folder(stack), self.infra / MODULES
        files = {**_files(folder, stack), **_own_modules(modules, self.compiled.modules.keys())}
        for name in sorted(set(one.calls.values())):
            files |= _files(modules / name if on_disk else self.compiled.modules[name], f"{MODULES}/{name}")
        if not on_disk:
            files |= {f"{stack}/{name}": _digest(_bytes(text)) for name, text in one.files.items()}
        return _digest(json.dumps(files, sort_keys=True).encode())

    def reads(self, stack: str) -> str:
        """Digest of the values that it reads of other stacks' outputs now, as compiled and in a person's own files; ""
        where it reads none."""
        texts = {path.name: path.read_bytes() for path in self._folder(stack).glob("*") if _is_terraform(path.name)}
        texts |= {name: _bytes(text) for name, text in self._stacks[stack].files.items() if _is_terraform(name)}
        found = values_read((text.decode(errors="replace") for text in texts.values()), self._outputs)
        return _digest(json.dumps(found, sort_keys=True).encode()) if found else ""

    def _outputs(self, stack: str) -> dict[str, Any]:
        given = self.state(stack).get("outputs", {}) if self.has(stack) else {}
        return {name: one["value"] for name, one in given.items()}

    def _folder(self, stack: str) -> Path:
        return self.infra / self.compiled.environment / stack

    def state(self, stack: str) -> Mapping[str, Any]:
        """Its state, as it lies beside the proofs; empty for none."""
        text = self._read(f"{stack}.tfstate")
        found: dict[str, Any] = json.loads(text) if text else {}
        return found

    def _left(self, stack: str) -> tuple[str, int]:
        """Lineage and serial of its state."""
        state = self.state(stack)
        return str(state.get("lineage", "")), int(state.get("serial", 0))

    def _read(self, name: str) -> bytes:
        """The object; empty where there is none, or no bucket."""
        try:
            return self.storage().read(name)
        except FileNotFoundError:
            return b""
        except ProblemError as error:
            if "NoSuchBucket" in error.fact:
                return b""
            raise


@dataclass(frozen=True)
class Proofs:
    """The gate of an environment. `earlier`: the environment that this one comes after; `by`: who applies; `followed`:
    whether another environment comes after this one, so that all its stacks are put on record."""

    kept: Kept
    by: Callable[[], str]
    earlier: Kept | None = None
    followed: bool = False

    def refusals(self, steps: Sequence[Step], run: Collection[str] = ()) -> dict[str, LakewrightError]:
        """Raises ProblemError LW404 when the proofs cannot be read, MissingError LW406 when nobody here could."""
        if any(self._is_asked_for(step.name) for step in steps):
            self.kept.storage()  # what cannot be put on record must not be applied
        found: dict[str, LakewrightError] = {}
        for step in steps:
            if doubts := tuple(self._doubts(step.name, frozenset(run))):
                found[step.name] = doubts[0] if len(doubts) == 1 else FailedTogether(doubts)
        return found

    def basis(self, step: Step) -> Basis:
        return self.kept.basis(step.name) if self._is_asked_for(step.name) else Basis()

    def applied(self, step: Step, basis: Basis) -> None:
        if self._is_asked_for(step.name):
            self.kept.write(step.name, self.by(), basis)

    def destroyed(self, step: Step) -> None:
        if self._is_asked_for(step.name) and self.kept.find(step.name) is not None:
            self.kept.write(step.name, self.by(), Basis())

    def _is_asked_for(self, stack: str) -> bool:
        return self.followed or any(stack in one.follows for one in self.kept.compiled.stacks)

    def _doubts(self, name: str, run: frozenset[str]) -> Iterator[ProblemError]:
        follows: Mapping[str, str] = next(one.follows for one in self.kept.compiled.stacks if one.name == name)
        here = self.kept.compiled.environment
        for first, reason in follows.items():
            if first not in run and (why := self.kept.doubt(first)):
                hint = f"lakewright plan {here} --stack {first} && lakewright apply {here} --stack {first}"
                yield ProblemError("LW1372", f"{reason}, and {first} {why}", place=name, hint=hint)
        if self.earlier is not None and self.earlier.has(name) and (why := self.earlier.doubt(name)):
            before = self.earlier.compiled.environment
            hint = f"lakewright plan {before} && lakewright apply {before}"
            yield ProblemError("LW1372", f"{here} comes after {before}, and {name} {why} there", place=name, hint=hint)


def _name(stack: str) -> str:
    return f"{stack}.proof.json"


def _files(folder: Path, called: str) -> dict[str, str]:
    return {f"{called}/{path.relative_to(folder).as_posix()}": _digest(path.read_bytes()) for path in files_of(folder)}


def _is_terraform(name: str) -> bool:
    """Whether it is a file of the root module itself, by its path within."""
    return "/" not in name and name.endswith((".tf", ".tf.json"))


def _own_modules(modules: Path, ours: Collection[str]) -> dict[str, str]:
    """Modules that a person has beside ours; which stack calls them is not looked at."""
    folders = sorted(path for path in modules.iterdir() if path.is_dir()) if modules.is_dir() else []
    own = [path for path in folders if path.name not in ours and not _is_written(modules, path.name)]
    return {name: digest for path in own for name, digest in _files(path, f"{MODULES}/{path.name}").items()}


def _is_written(modules: Path, name: str) -> bool:
    """Whether it is one of ours that another environment calls."""
    manifest = modules / ".lakewright.json"
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"] if manifest.is_file() else {}
    return any(file.startswith(f"{name}/") for file in files)


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
