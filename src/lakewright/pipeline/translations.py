"""SQL of models in the engine's dialect, and the routes to their scopes: worked out once, kept over cycles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from lakewright.engines import Engine, Session
from lakewright.pipeline.prepared import Prepared
from lakewright.pipeline.routes import Route, Schemas, derive_routes
from lakewright.pipeline.types import enforce


class Translations:
    """SQL in the engine's dialect, kept as long as neither the text nor its inputs' columns change."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql: dict[tuple[str, int], str] = {}
        self._found: dict[tuple[str, int, int], Mapping[str, Route]] = {}
        self._typed: set[tuple[str, int]] = set()

    def sql(self, text: str, schemas: Schemas, now: datetime) -> str:
        if "current_" in text.lower():
            return self._engine.translate(text, schemas, now=now)
        key = (text, _columns_hash(schemas))
        if key not in self._sql:
            self._sql[key] = self._engine.translate(text, schemas, now=now)
        return self._sql[key]

    def routes(self, prepared: Prepared, schemas: Schemas) -> Mapping[str, Route]:
        key = (prepared.name, prepared.fingerprint, _columns_hash(schemas))
        if key not in self._found:
            reach = bool(prepared.model.kind == "incremental_by_time" and prepared.model.lookback_days)
            found = derive_routes(prepared.model, schemas, prepared.scope, windows=not reach) if prepared.scope else {}
            self._found[key] = found
        return self._found[key]

    def enforce_types(self, session: Session, prepared: Prepared, sql: str) -> None:
        """Raises LW713 when the query's types are not what the header declares; looks once per query."""
        key = (sql, prepared.fingerprint)
        if key not in self._typed:
            enforce(session, prepared, sql)
            self._typed.add(key)


def _columns_hash(schemas: Schemas) -> int:
    return hash(tuple((name, tuple(schema.items())) for name, schema in sorted(schemas.items())))
