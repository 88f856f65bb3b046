"""GRANT and REVOKE."""

from __future__ import annotations

from lakewright.rehearse.databricks.sql.statement import NOTHING, SECURABLES, Columns, Statement
from lakewright.rehearse.databricks.sql.words import Words
from lakewright.rehearse.databricks.unity import grants
from lakewright.rehearse.databricks.unity.kinds import (
    CREDENTIAL,
    KINDS,
    LOCATION,
    METASTORE,
    TABLE,
)
from lakewright.rehearse.databricks.unity.metastore import metastore_of
from lakewright.rehearse.databricks.unity.rights import rights_of


def _privileges(words: Words) -> list[str]:
    found = []
    while True:
        name = words.word()
        while words.next.kind == "name" and not words.look("ON"):
            name += f" {words.word()}"
        found.append({"ALL": "ALL PRIVILEGES"}.get(name, name))
        if not words.take(","):
            return found


def securable(on: Statement, words: Words) -> tuple[str, str]:
    metastore = metastore_of(on.call)
    if words.take("EXTERNAL", "LOCATION"):
        return LOCATION, words.name().lower()
    if words.take("STORAGE", "CREDENTIAL"):
        return CREDENTIAL, words.name().lower()
    kind = SECURABLES.get(words.next.text.upper())
    if kind is not None:
        words.word()
    if kind == METASTORE:
        return METASTORE, metastore.id
    kind = kind or TABLE
    return kind, ".".join(on.whole(words.path(), KINDS[kind].parts))


def _change(on: Statement, words: Words, joint: str) -> tuple[str, str, list[str], str]:
    privileges = _privileges(words)
    words.need("ON")
    kind, name = securable(on, words)
    words.need(joint)
    principal = words.name()
    words.end()
    metastore = metastore_of(on.call)
    metastore.get(kind, name)
    rights_of(on.call, metastore).need_manage(kind, name)
    return kind, name, grants.checked(KINDS[kind], name, privileges), principal


def grant(on: Statement, words: Words) -> Columns:
    kind, name, privileges, principal = _change(on, words, "TO")
    grants.change(on.call, metastore_of(on.call), KINDS[kind], name, principal, privileges, [])
    return NOTHING


def revoke(on: Statement, words: Words) -> Columns:
    kind, name, privileges, principal = _change(on, words, "FROM")
    grants.change(on.call, metastore_of(on.call), KINDS[kind], name, principal, [], privileges)
    return NOTHING
