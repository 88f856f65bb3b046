"""Crawlers, with the target that a layer's format needs: files of Bronze, Delta tables of Silver and Gold."""

from __future__ import annotations

from lakewright.components.component import Context, Value
from lakewright.components.glue.settings import Settings
from lakewright.components.lake import location, roots
from lakewright.components.sources import dms_folder


def crawlers(context: Context, settings: Settings) -> dict[str, Value]:
    """Crawlers by name. Bronze that DMS wrote has its tables one folder deeper (`schema/table`) than our own."""
    found: dict[str, Value] = {}
    bronze = roots(context)["bronze"]
    sources = context.project.platform.sources
    at = settings.bronze_at(strict=context.place.strict)
    by_dms = {name: dms_folder(name, source) for name, source in sources.items() if source.replication == "dms"}
    if len(by_dms) < len(sources) or not sources:
        exclusions = ["_lakewright/**", *(f"{folder}/**" for folder in sorted(by_dms.values()))]
        found["bronze"] = _files(f"{bronze}/", 2, at) | {"exclusions": exclusions}
    for name, folder in sorted(by_dms.items()):
        level = 3 + len(folder.split("/"))
        found["bronze" if len(sources) == 1 else f"bronze-{name}"] = _files(f"{bronze}/{folder}/", level, at)
    for layer in ("silver", "gold"):
        models = sorted(model.name for model in context.models.values() if model.layer == layer)
        if models:
            found[layer] = {
                "description": f"Delta tables of {layer.title()}",
                "database": layer,
                "schedule": settings.tables_schedule,
                "delta_tables": [f"{location(context, model)}/" for model in models],
            }
    return found


def _files(path: str, level: int, at: str | None) -> dict[str, Value]:
    """`table_level`: Glue counts the bucket as level 1."""
    return {
        "description": "Files of Bronze",
        "database": "bronze",
        "schedule": at,
        "path": path,
        "table_level": level,
    }
