"""The allow-list of scalar functions: Trino's signature and DuckDB's text.

Every entry has vectors recorded from a real Trino (tests/query/athena/sql/vectors). What is not here is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.query.athena.sql.functions_collections import COLLECTIONS
from lakewright.query.athena.sql.functions_numbers import NUMBERS
from lakewright.query.athena.sql.functions_text import TEXTS
from lakewright.query.athena.sql.functions_time import TIMES
from lakewright.query.athena.sql.signatures import Signature, signature

FUNCTIONS: Mapping[str, tuple[Signature, ...]] = {
    name: tuple(signature(written, text) for written, text in entries.items())
    for table in (NUMBERS, TEXTS, TIMES, COLLECTIONS)
    for name, entries in table.items()
}

SYNONYMS: Mapping[str, str] = {
    "substring": "substr",
    "ceil": "ceiling",
    "power": "pow",
    "day": "day_of_month",
    "dow": "day_of_week",
    "doy": "day_of_year",
    "week_of_year": "week",
    "yow": "year_of_week",
    "random": "rand",
    "arbitrary": "any_value",
    "stddev": "stddev_samp",
    "variance": "var_samp",
    "every": "bool_and",
    "char_length": "char_length",
}
