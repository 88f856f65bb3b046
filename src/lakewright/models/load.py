"""Reads model files into `Models`: every mistake of every file in one pass, parsed facts cached by content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from lakewright.errors import LakewrightError, Mistakes, SpecError
from lakewright.models.graph import Models, graph_mistakes
from lakewright.models.model import Check, Model, ModelColumn

_FACTS_FILE = "models.json"


def load_models(
    folders: Sequence[Path],
    *,
    sources: Collection[str] | None = None,
    cache: Path | None = None,
    partitions: Mapping[str, Sequence[str]] | None = None,
) -> Models:
    """All `*.sql` models below `folders`. Raises Mistakes with all that is wrong in any file or between them.

    A model of a later folder replaces one of the same name in an earlier one (a project's its blueprint's).

    `sources` are the Bronze tables there are (`bronze.core_order`); None leaves them unchecked. `cache` is a folder
    where parsed facts are kept between runs, keyed by file content and code version; it may be lost or damaged.
    `partitions`: layer → partition columns of its models that name none and have all of these.
    """
    known = _read_cache(cache)
    fresh: dict[str, Any] = {}
    models: list[Model] = []
    mistakes: list[LakewrightError] = []
    for path in _files(folders):
        text = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        stored = known.get(digest)
        if stored is None:
            found = _parse(text, path)
            if found.mistakes:
                mistakes += found.mistakes
                continue
            stored = found.stored
        fresh[digest] = stored
        models.append(_model(stored, path, digest, partitions or {}))
    models = _overridden(models, folders)
    mistakes += _same_names(models)
    loaded = Models(models)
    mistakes += graph_mistakes(loaded, sources) if not mistakes else []
    if mistakes:
        raise Mistakes(mistakes)
    if cache is not None and fresh.keys() != known.keys():
        _write_cache(cache, fresh)
    return loaded


def _files(folders: Iterable[Path]) -> list[Path]:
    return sorted({path for folder in folders for path in folder.rglob("*.sql")})


class _Parsed:
    """One file's facts in the form in which the cache keeps them, or its mistakes."""

    def __init__(self, stored: dict[str, Any], mistakes: list[LakewrightError]) -> None:
        self.stored = stored
        self.mistakes = mistakes


def _parse(text: str, path: Path) -> _Parsed:
    from lakewright.models.expectations import check_mistakes
    from lakewright.models.facts import sql_facts  # sqlglot and pydantic are slow to import; a warm cache needs neither
    from lakewright.models.header import read_header

    parts = read_header(text, path)
    mistakes = list(parts.mistakes)
    if not parts.sql and parts.header is None:
        return _Parsed({}, mistakes)
    facts = sql_facts(parts.sql, path, parts.line)
    mistakes += facts.mistakes
    if parts.header is None:
        return _Parsed({}, mistakes)
    header = parts.header
    mistakes += _column_mistakes(tuple(header.columns), facts.outputs, path, parts.line_of("columns"))
    mistakes += check_mistakes(parts, header, path)
    stored = header.model_dump(mode="json")
    stored["scope"] = stored["scope"] or stored["key"]
    stored["sql"] = parts.sql
    stored["line"] = parts.line
    stored["inputs"] = facts.inputs
    return _Parsed(stored, mistakes)


def _column_mistakes(
    declared: tuple[str, ...], outputs: tuple[str, ...] | None, path: Path, line: int
) -> list[LakewrightError]:
    """Differences between the header's column list and the query's output names."""
    place = f"{path}:{line}"
    if not declared:
        hint = f"list them: {', '.join(outputs)}" if outputs else "list every output column with its type"
        return [SpecError("LW505", "the header has no `columns`", place=place, hint=hint)]
    if not outputs:
        return []
    unnamed = [str(at + 1) for at, name in enumerate(outputs) if not name]
    if unnamed:
        fact = f"output column {', '.join(unnamed)} of the query has no name"
        return [SpecError("LW505", fact, place=place, hint="give it one with AS")]
    if declared == outputs:
        return []
    missing = [name for name in outputs if name not in declared]
    extra = [name for name in declared if name not in outputs]
    doubles = sorted({name for name in outputs if outputs.count(name) > 1})
    if doubles:
        return [
            SpecError("LW505", f"the query gives {', '.join(doubles)} twice", place=place, hint="rename one with AS")
        ]
    facts = []
    if extra:
        facts.append(f"`columns` lists {', '.join(extra)}, which the query does not give")
    if missing:
        facts.append(f"the query gives {', '.join(missing)}, which `columns` does not list")
    if not facts:
        facts.append("`columns` and the query's output are in different order")
    return [SpecError("LW505", "; ".join(facts), place=place, hint=f"the query's output is {', '.join(outputs)}")]


def _partition_by(stored: dict[str, Any], usual: Sequence[str]) -> tuple[str, ...]:
    """The header's own columns, `[]` included, or else its layer's. A table needs a column beside its partitions."""
    if stored["partition_by"] is not None:
        return tuple(stored["partition_by"])
    return tuple(usual) if set(usual) < set(stored["columns"]) and stored["kind"] != "view" else ()


def _model(stored: dict[str, Any], path: Path, digest: str, partitions: Mapping[str, Sequence[str]]) -> Model:
    columns = (ModelColumn(name, **column) for name, column in stored["columns"].items())
    name = stored["model"] or f"{path.parent.name}.{path.stem}".lower()
    return Model(
        name=name,
        kind=stored["kind"],
        key=tuple(stored["key"]),
        scope=tuple(stored["scope"]),
        time_column=stored["time_column"],
        lookback_days=stored["lookback_days"],
        partition_by=_partition_by(stored, partitions.get(name.partition(".")[0], ())),
        schedule=stored["schedule"],
        owner=stored["owner"],
        description=stored["description"],
        columns=tuple(columns),
        checks=tuple(Check(**check) for check in stored["checks"]),
        tags=tuple(stored["tags"]),
        sql=stored["sql"],
        path=path,
        line=stored["line"],
        inputs=tuple(stored["inputs"]),
        content_hash=digest,
    )


def _overridden(models: Sequence[Model], folders: Sequence[Path]) -> list[Model]:
    """Without the models that a later folder replaces."""
    rank = {m: max(n for n, folder in enumerate(folders) if m.path.is_relative_to(folder)) for m in models}
    last: dict[str, int] = {}
    for model, number in rank.items():
        last[model.name] = max(number, last.get(model.name, 0))
    return [model for model, number in rank.items() if number == last[model.name]]


def _same_names(models: Iterable[Model]) -> list[LakewrightError]:
    first: dict[str, Model] = {}
    mistakes: list[LakewrightError] = []
    for model in models:
        other = first.setdefault(model.name, model)
        if other is not model:
            fact = f"{model.name} is already made by {other.path}"
            mistakes.append(SpecError("LW508", fact, place=model.place, hint="give one of them another name"))
    return mistakes


@lru_cache(maxsize=1)
def code_version() -> str:
    """Changes whenever the code that finds facts changes: ours, or sqlglot's."""
    from importlib.util import find_spec

    parser = find_spec("sqlglot")  # looked at, not imported: that would cost more than all the rest
    digest = hashlib.sha256()
    versions = [Path(parser.origin).with_name("_version.py")] if parser and parser.origin else []
    for path in (*versions, *sorted(Path(__file__).parent.rglob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read_cache(folder: Path | None) -> dict[str, Any]:
    if folder is None:
        return {}
    try:
        kept = json.loads((folder / _FACTS_FILE).read_text(encoding="utf-8"))
        return dict(kept["models"]) if kept["version"] == code_version() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write_cache(folder: Path, models: dict[str, Any]) -> None:
    keep(folder / _FACTS_FILE, json.dumps({"version": code_version(), "models": models}))


def keep(file: Path, text: str) -> None:
    """Best effort: a cache that cannot be written costs time, nothing else."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"{file.name}.{hashlib.sha256(text.encode()).hexdigest()[:12]}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError:
        return
