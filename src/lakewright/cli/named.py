"""`lakewright sql --named`: a kept query as one principal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lakewright.cli.governed import governed_session
from lakewright.cli.workspace import Workspace
from lakewright.query.athena.asked import named, run_named
from lakewright.query.athena.declared import declared_queries
from lakewright.query.athena.named import NamedQuery
from lakewright.query.athena.sql import MACROS
from lakewright.query.governed import GovernedSession
from lakewright.query.session import Result


@dataclass(frozen=True)
class KeptQuery:
    """A session that knows one statement."""

    session: GovernedSession
    query: NamedQuery

    def run(self, statement: str, limit: int | None = None) -> Result:  # noqa: ARG002
        return run_named(self.session.governor, self.session.principal, self.query, limit)

    def in_force(self) -> Mapping[str, Any]:
        return self.session.in_force()


@contextmanager
def kept_query(workspace: Workspace, name: str, principal: str) -> Iterator[KeptQuery]:
    """Raises SpecError LW1124 when there is no such query, LW1112 when there is no such user."""
    query = named(declared_queries(workspace.project), name)
    with governed_session(workspace, workspace.models, principal, None, MACROS) as session:
        yield KeptQuery(session, query)
