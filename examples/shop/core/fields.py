"""One column type that Django does not have."""

from __future__ import annotations

from typing import Any

from django.db import models


class FixedCharField(models.CharField):
    """A blank-padded `char(n)` column, as older schemas have it for codes of a fixed length."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002  Django names it
        return f"char({self.max_length})"


def pii(kind: str, text: str) -> dict[str, str]:
    """Marks a field as personal data, for people (help_text) and for whoever reads the catalog (column comment)."""
    comment = f"PII ({kind}): {text}"
    return {"help_text": comment, "db_comment": comment}


def money(text: str) -> models.DecimalField:
    """An amount in the currency of its row (the tenant's currency where the row has none)."""
    return models.DecimalField(max_digits=12, decimal_places=2, help_text=text)
