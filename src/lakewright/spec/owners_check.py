"""A file with an owner declares what is its owner's, and touches nothing that another owner declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lakewright.errors import SpecError
from lakewright.spec.document import Entry, Value

_STACKS = ("infra", "stacks")
_SHARED = ("landscape", "environments", "existing", "imports")
"""What is the platform's owner's, but for what is said of an owner's own stacks and networks."""


@dataclass(frozen=True)
class Owners:
    """Who owns what, by what stands before a file is added: the blueprint's declarations, and those of other files.
    `platform` owns what nobody else does."""

    platform: str
    layers: tuple[Value, ...]

    def of(self, path: tuple[str, ...]) -> str | None:
        """The owner of a declared stack, unit or source; None where nothing declares it."""
        declared = [found for layer in self.layers if (found := layer.find(path)) is not None]
        said = [owner.content for one in declared if (owner := one.find(("owner",))) is not None]
        return str(said[-1]) if said else self.platform if declared else None

    def of_call(self, call: str) -> str:
        """The owner of what a call is for: of the unit that its name ends with, else of the stack that declares it."""
        for stack, name in self._calls():
            if call == name:
                return self.of((*_STACKS, stack)) or self.platform
            if call.startswith(f"{name}_"):
                units = [unit for unit in self._names(("units",)) if call.startswith(f"{name}_{unit}")]
                unit = max(units, key=len, default=None)
                return self.of(("units", unit) if unit else (*_STACKS, stack)) or self.platform
        return self.platform

    def of_networks(self) -> str:
        """Whoever owns the stacks that make them."""
        for layer in self.layers:
            stacks = layer.find(_STACKS)
            for name, entry in (stacks.entries() if stacks else {}).items():
                each = entry.value.find(("each",))
                if each is not None and each.content == "network":
                    return self.of((*_STACKS, name)) or self.platform
        return self.platform

    def _calls(self) -> Iterator[tuple[str, str]]:
        for layer in self.layers:
            stacks = layer.find(_STACKS)
            for stack, entry in (stacks.entries() if stacks else {}).items():
                calls = entry.value.find(("calls",))
                yield from ((stack, name) for name in (calls.entries() if calls else {}))

    def _names(self, path: tuple[str, ...]) -> Iterable[str]:
        for layer in self.layers:
            found = layer.find(path)
            yield from found.entries() if found else {}


def trespasses(part: Value, owners: Owners) -> Iterator[SpecError]:
    """LW119 for everything of a file that is another owner's. A file without `owner` is the platform's."""
    said = part.find(("owner",))
    own = str(said.content) if said is not None else owners.platform
    for path in (_STACKS, ("units",), ("sources",)):
        for name, entry in _entries(part, path).items():
            yield from _foreign(".".join((*path, name)), owners.of((*path, name)), own, entry)
    units = {name for name in _entries(part, ("units",)) if owners.of(("units", name)) is None}
    for key in _SHARED:
        for name, entry in _entries(part, (key,)).items():
            yield from _shared(key, name, entry, own, owners, units)


def _shared(key: str, name: str, entry: Entry, own: str, owners: Owners, units: set[str]) -> Iterator[SpecError]:
    inner = entry.value.entries()
    if key == "landscape" and name == "networks":
        if own != owners.of_networks():
            for network, one in inner.items():
                yield from _foreign(f"landscape.networks.{network}", owners.platform, own, one)
    elif key == "environments" and inner:
        for what, one in inner.items():
            if what != "infra":
                yield from _foreign(f"environments.{name}.{what}", owners.platform, own, one)
        calls = inner["infra"].value.entries() if "infra" in inner else {}
        for call, one in calls.items():
            if not any(f"_{unit}_" in f"{call}_" for unit in units):  # of a unit that this file declares
                yield from _foreign(f"environments.{name}.infra.{call}", owners.of_call(call), own, one)
    else:
        yield from _foreign(f"{key}.{name}", owners.platform, own, entry)


def _foreign(what: str, owner: str | None, own: str, entry: Entry) -> Iterator[SpecError]:
    if owner is not None and owner != own:
        fact = f"`{what}` is {owner}'s, and this file is {own}'s"
        yield SpecError("LW119", fact, place=str(entry.place), hint=f"it belongs into a file of {owner}'s")


def _entries(part: Value, path: tuple[str, ...]) -> Mapping[str, Entry]:
    found = part.find(path)
    return found.entries() if found else {}
