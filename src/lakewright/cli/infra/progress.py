"""Terraform's resources while they are made: a line for each that is done, and one that tells what is under way."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from lakewright.observe import Event

DONE = {"create": "made", "update": "changed", "delete": "deleted", "read": "read"}
SHOWN = 3


class Resources:
    """Progress on stderr, for `observed`."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._status = self._console.status("starting Terraform")
        self._running: dict[tuple[str, str], float] = {}

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def __call__(self, event: Event) -> None:
        fields = event.fields
        if event.name == "infra.resource":
            self._resource(fields["stack"], fields["address"], fields["action"], fields["state"], fields["seconds"])
        elif event.name == "infra.planned":
            counts = ", ".join(f"{count} {action}" for action, count in fields["counts"].items())
            waits = f"waits for {', '.join(fields['waits'])}" if fields["waits"] else ""
            self._console.print(f"{fields['stack']}: {waits or counts or 'nothing to do'}", highlight=False)
        elif event.level == "error":
            self._console.print(f"{fields.get('stack', '')}: {fields.get('error', event.name)}", style="red")

    def _resource(self, stack: str, address: str, action: str, state: str, seconds: float) -> None:
        key = stack, address
        if state in ("start", "progress"):
            self._running[key] = seconds
        elif self._running.pop(key, None) is not None and state == "done":
            self._console.print(f"{stack}: {DONE.get(action, action)} {address}, {seconds:.0f} s", highlight=False)
        longest = sorted(self._running, key=lambda one: -self._running[one])
        names = ", ".join(f"{name} {self._running[one]:.0f} s" for one in longest[:SHOWN] for name in (one[1],))
        self._status.update(f"{len(self._running)} under way: {names}" if names else "working")
