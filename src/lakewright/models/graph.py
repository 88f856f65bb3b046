"""Models and the order between them: who reads whom, what lies downstream, which names are unknown."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from lakewright.errors import LakewrightError, SpecError
from lakewright.models.model import Model

SOURCE_LAYER = "bronze"
LOG_LAYER = "changes"


class Models(Mapping[str, Model]):
    """Name → Model, with the dependency graph. `Models` itself is not checked: `graph_mistakes` does that."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._models = {model.name: model for model in sorted(models, key=lambda model: model.name)}

    def __getitem__(self, name: str) -> Model:
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    @cached_property
    def _readers(self) -> dict[str, tuple[str, ...]]:
        readers: dict[str, list[str]] = {}
        for model in self._models.values():
            for table in model.inputs:
                readers.setdefault(table, []).append(model.name)
        return {table: tuple(names) for table, names in readers.items()}

    def order(self, only: Collection[str] | None = None) -> tuple[Model, ...]:
        """Models so that each comes after those it reads; `only` limits to some, still in that order."""
        waiting = {name: sum(table in self._models for table in model.inputs) for name, model in self._models.items()}
        ready = sorted((name for name, count in waiting.items() if not count), reverse=True)
        done: list[Model] = []
        while ready:
            name = ready.pop()
            done.append(self._models[name])
            freed = []
            for reader in self._readers.get(name, ()):
                waiting[reader] -= 1
                if not waiting[reader]:
                    freed.append(reader)
            ready += sorted(freed, reverse=True)
        return tuple(model for model in done if only is None or model.name in only)

    def readers(self, table: str) -> tuple[str, ...]:
        """Models that read `table` directly."""
        return self._readers.get(table, ())

    def downstream(self, *tables: str) -> frozenset[str]:
        """Models that depend on any of `tables`, directly or through others; the tables themselves are not in it."""
        found: set[str] = set()
        waiting = list(tables)
        while waiting:
            fresh = [name for name in self.readers(waiting.pop()) if name not in found]
            found.update(fresh)
            waiting += fresh
        return frozenset(found)

    def upstream(self, *names: str) -> frozenset[str]:
        """Models that `names` depend on, directly or through others."""
        found: set[str] = set()
        waiting = [name for name in names if name in self._models]
        while waiting:
            fresh = [t for t in self._models[waiting.pop()].inputs if t in self._models and t not in found]
            found.update(fresh)
            waiting += fresh
        return frozenset(found)

    def sources(self) -> frozenset[str]:
        """Tables that models read and no model makes: `bronze.…`, and the change logs `changes.…`."""
        return frozenset(table for model in self._models.values() for table in model.inputs) - set(self._models)


def graph_mistakes(models: Models, sources: Collection[str] | None) -> list[LakewrightError]:
    """Unknown tables and cycles. `sources` are the Bronze tables there are, each with its change log; None leaves
    `bronze.*` and `changes.*` unchecked."""
    mistakes: list[LakewrightError] = []
    logs = {f"{LOG_LAYER}.{name.partition('.')[2]}" for name in sources or ()}
    known = sorted({*models, *(sources or ()), *logs})
    for model in models.values():
        for table in model.inputs:
            unchecked = sources is None and table.startswith((f"{SOURCE_LAYER}.", f"{LOG_LAYER}."))
            if table in models or unchecked or table in known:
                continue
            close = difflib.get_close_matches(table, known, 1, 0.6)
            hint = (
                f"did you mean {close[0]}?" if close else f"tables are {SOURCE_LAYER}.<table> or another model's name"
            )
            mistakes.append(
                SpecError("LW506", f"{model.name} reads {table}, which does not exist", place=model.place, hint=hint)
            )
    cycle = _cycle(models)
    if cycle:
        first = models[cycle[0]]
        path = " → ".join((*cycle, cycle[0]))
        mistakes.append(
            SpecError("LW507", f"models read each other in a circle: {path}", place=first.place, hint="break one edge")
        )
    return mistakes


def _cycle(models: Models) -> list[str]:
    """One circle of models, each read by its predecessor in the list; empty when there is none."""
    stuck = {*models} - {model.name for model in models.order()}
    if not stuck:
        return []
    path = [min(stuck)]
    while True:
        following = next(table for table in models[path[-1]].inputs if table in stuck)
        if following in path:
            return path[path.index(following) :]
        path.append(following)
