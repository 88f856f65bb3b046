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
