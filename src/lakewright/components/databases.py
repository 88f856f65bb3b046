"""The catalog's databases: what they are called and where their tables lie, in every environment.

A layer is a bucket; a table is a folder in it. Rows that failed a check lie in the Silver bucket, below `_quarantine`.
"""

from __future__ import annotations

from lakewright.components.component import Place

LAYERS = ("bronze", "silver", "gold")
DATABASES = (*LAYERS, "quarantine")
QUARANTINE_FOLDER = "_quarantine"


def database_name(prefix: str, layer: str) -> str:
    """`gold`, or `shop_gold` with the prefix `shop_`."""
    return f"{prefix}{layer}"


def layer_uri(place: Place, layer: str) -> str:
    """Where the tables of a database lie, without a slash at the end."""
    if layer == "quarantine":
        return f"s3://{place.bucket('silver')}/{QUARANTINE_FOLDER}"
    return f"s3://{place.bucket(layer)}"


def table_uri(place: Place, name: str) -> str:
    """Where a table (`silver.order`) lies, without a slash at the end."""
    layer, _, table = name.partition(".")
    return f"{layer_uri(place, layer)}/{table}"
