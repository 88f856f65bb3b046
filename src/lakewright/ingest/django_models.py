"""Tables as a Django project declares them.

The project is imported by a Python process of its own, so that its settings, side effects and Django's version stay
out of ours. No database is opened.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lakewright.errors import MissingError, ProblemError
from lakewright.ingest.mappings.generate import ColumnShape, TableShape

SECONDS = 120
SCRIPT = r"""
import json, os, sys
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever the project prints must not get into the answer
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]
import django
from django.apps import apps
django.setup()
LARGE = {"TextField", "JSONField", "ArrayField", "HStoreField"}
TEXT = {"CharField", "EmailField", "SlugField", "URLField", "UUIDField", "GenericIPAddressField", "IPAddressField",
        "FileField", "FilePathField", "ImageField"}

def kind(field):
    name = field.get_internal_type()
    return "large" if name in LARGE else "text" if name in TEXT else ""

tables = []
for model in apps.get_models(include_auto_created=True):
    if model._meta.proxy or model._meta.swapped:
        continue
    fields = model._meta.local_concrete_fields
    tables.append({
        "table": model._meta.db_table,
        "columns": [
            {"name": field.column, "kind": kind(field), "key": bool(field.primary_key),
             "comment": "\n".join(str(text) for text in (field.help_text, getattr(field, "db_comment", "")) if text)}
            for field in fields
        ],
        "references": sorted({field.remote_field.model._meta.db_table for field in fields if field.remote_field}),
    })
json.dump(tables, answer)
"""


def read_models(
    settings: str, project: Path, *, schema: str = "public", python: str | None = None
) -> tuple[TableShape, ...]:
    """The tables of all models (join tables of many-to-many fields included) of the Django project in `project`.

    `settings` is its settings module; `python` the interpreter that has its packages (ours by default). Raises LW331
    when the project cannot be imported; the project's own last words are in the message.
    """
    command = [python or sys.executable, "-c", SCRIPT, settings]
    try:
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=SECONDS, check=False)
    except FileNotFoundError as error:
        raise MissingError("LW330", f"cannot run {command[0]} in {project}", hint="check both paths") from error
    except subprocess.TimeoutExpired as error:
        raise ProblemError("LW331", f"{settings} took longer than {SECONDS} s to import") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        hint = "give the project's own interpreter, and the environment variables that its settings need"
        raise ProblemError("LW331", f"Django settings {settings} cannot be imported: {last}", hint=hint)
    return tuple(_shape(table, schema) for table in json.loads(done.stdout))


def _shape(table: dict[str, Any], schema: str) -> TableShape:
    own_schema, name = _split(table["table"], schema)
    columns = tuple(ColumnShape(c["name"], c["comment"], c["kind"], c["key"]) for c in table["columns"])
    return TableShape(own_schema, name, columns, tuple(".".join(_split(r, schema)) for r in table["references"]))


def _split(table: str, schema: str) -> tuple[str, str]:
    """Django has no schemas; projects write `schema"."table` to name one."""
    first, found, rest = table.partition('"."')
    return (first.strip('"'), rest.strip('"')) if found else (schema, table)
