"""A connection to a source database, from its secret address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lakewright.errors import SpecError

if TYPE_CHECKING:
    import psycopg

    from lakewright.spec import Secret


@contextmanager
def connected(url: Secret, place: str = "") -> Iterator[psycopg.Connection[Any]]:
    """An open autocommit connection; LW351 if the server does not answer, LW201 if the address cannot be read."""
    from lakewright.ingest.sources.postgres.slot import connect

    conninfo = url.reveal()
    try:
        connection = connect(conninfo)
    except SpecError as error:
        raise SpecError(error.code, error.fact, place=place, hint=error.hint) from None
    with connection:
        yield connection
