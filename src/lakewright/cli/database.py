"""A connection to a source database, with errors that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lakewright.errors import ProblemError

if TYPE_CHECKING:
    import psycopg

    from lakewright.spec import Secret

CONNECT_SECONDS = 10


@contextmanager
def connected(url: Secret, place: str = "") -> Iterator[psycopg.Connection[Any]]:
    """An open autocommit connection; ProblemError LW201 if the server cannot be reached or refuses."""
    import psycopg

    try:
        connection = psycopg.connect(url.reveal(), autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        fact = " ".join(str(error).split())
        raise ProblemError(
            "LW201", f"cannot connect: {fact}", place=place, hint="check the address in the environment"
        ) from None
    except psycopg.ProgrammingError:  # its text repeats the address
        raise ProblemError(
            "LW201", "the address cannot be read", place=place, hint="postgresql://user:password@host:5432/database"
        ) from None
    with connection:
        yield connection
