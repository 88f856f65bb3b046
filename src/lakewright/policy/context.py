"""What is known about a request besides action and resource: IAM's condition context keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Context:
    """Values by key (in lower case: names of keys have no case). A key that has no values is absent from the request.

    `absent` are keys that are known to be absent; one that ends in `*` stands for all that begin so.
    `complete` says that nothing else is in the request; otherwise what is not named here is unknown.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    complete: bool = False

    @classmethod
    def of(
        cls, values: Mapping[str, str | Sequence[str]], absent: Sequence[str] = (), *, complete: bool = False
    ) -> Context:
        """From keys as they are usually written, each with one value or several."""
        found = {key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in values.items()}
        return cls(found, frozenset(key.lower() for key in absent), complete)

    def look_up(self, key: str) -> tuple[str, ...] | None:
        """The values of a key; empty when the request has none, None when that is not known."""
        key = key.lower()
        found = self.values.get(key)
        if found is not None:
            return found
        if self.complete or key in self.absent:
            return ()
        return () if any(name[-1:] == "*" and key.startswith(name[:-1]) for name in self.absent) else None
