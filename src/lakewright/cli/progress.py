"""What a person sees while something runs, and what the log keeps."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from lakewright.cli.output import Invocation
from lakewright.observe import Event, JsonLog, Observer, fan_out

if TYPE_CHECKING:
    from lakewright.spec import Project

KEPT_LOGS = 14
"""Days of log files that are kept."""


class Shown(Protocol):
    """What shows events while it is entered."""

    def __call__(self, event: Event) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@contextmanager
def observed(
    invocation: Invocation, project: Project, name: str, progress: Callable[[], Shown] | None = None
) -> Iterator[Observer]:
    """An observer that writes the log `name`, and shows progress on stderr if that is a terminal."""
    folder = project.state_dir / "logs"
    with ExitStack() as stack:
        log = JsonLog(folder / f"{name}-{datetime.now(UTC):%Y-%m-%d}.jsonl")
        stack.callback(log.close)
        for old in sorted(folder.glob(f"{name}-*.jsonl"))[:-KEPT_LOGS]:
            old.unlink(missing_ok=True)
        readers: list[Observer] = [log if os.environ.get("LAKEWRIGHT_DEBUG") == "1" else without_debug(log)]
        if sys.stderr.isatty() and not invocation.json:
            readers.append(stack.enter_context((progress or Progress)()))
        yield fan_out(readers)


def without_debug(reader: Observer) -> Observer:
    """Flushes happen several times a second; a log of them would fill the disk."""

    def tell(event: Event) -> None:
        if event.level != "debug":
            reader(event)

    return tell


class Progress:
    """One moving line on stderr; warnings stay above it."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._status = self._console.status("starting")
        self._describe = Describe()

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def __call__(self, event: Event) -> None:
        text = self._describe(event)
        if event.level in ("warning", "error"):
            style = "red" if event.level == "error" else "yellow"
            self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            from rich.text import Text

            self._status.update(Text(text))


class Describe:
    """Events as short sentences; rows are added up over time."""

    def __init__(self) -> None:
        self._loaded = 0
        self._streamed = 0

    def __call__(self, event: Event) -> str:
        sentence = _SENTENCES.get(event.name)
        return sentence(self, event.fields) if sentence else _generic(event)

    def chunk(self, fields: Mapping[str, Any]) -> str:
        self._loaded += fields["rows"]
        return f"full load: {self._loaded:,} rows, {fields['table']}"

    def flush(self, fields: Mapping[str, Any]) -> str:
        self._streamed += fields["rows"]
        return f"streaming: {self._streamed:,} changes"

    def model(self, fields: Mapping[str, Any]) -> str:
        if fields["error"]:
            return f"{fields['model']} failed: {fields['error']}"
        return f"{fields['model']} {fields['action']}, {fields['rows']:,} rows, {fields['seconds']:.2f} s"


_SENTENCES: Mapping[str, Callable[[Describe, Mapping[str, Any]], str]] = {
    "ingest.chunk": Describe.chunk,
    "ingest.flush": Describe.flush,
    "pipeline.model": Describe.model,
}


def _generic(event: Event) -> str:
    return " ".join([event.name, *(f"{key}={value}" for key, value in event.fields.items())])
