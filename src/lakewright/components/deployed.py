"""Models as they are deployed: views become tables.

Whoever reads a view of Athena needs rights on what it reads too, and a grant on Gold is none on Silver; so a view that
people may read is written out by a job, as a table of its own.
"""

from __future__ import annotations

import re
from dataclasses import replace

from lakewright.components.component import Context
from lakewright.errors import SpecError
from lakewright.models import Model, Models

_KIND = re.compile(r"^kind:[ \t]*view[ \t]*$", re.MULTILINE)


def deployed(context: Context) -> Context:
    """The same context with its models as they are deployed."""
    return replace(context, models=Models(_table(model) for model in context.models.values()))


def model_text(model: Model) -> str:
    """The file of a deployed model. Raises SpecError LW1328 for a view whose header cannot be changed."""
    text = model.path.read_text(encoding="utf-8")
    if not _KIND.search(text):
        return text
    return _KIND.sub(f"kind: {model.kind}", text, count=1)


def _table(model: Model) -> Model:
    if model.kind != "view":
        return model
    if not _KIND.search(model.path.read_text(encoding="utf-8")):
        raise SpecError("LW1328", f"{model.name} is a view that cannot be deployed", place=str(model.path), hint=_HINT)
    return replace(model, kind="incremental_by_key" if model.key else "full")


_HINT = "write `kind: view` on a line of its own in its header"
