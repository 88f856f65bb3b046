"""How a statement fails: Databricks' error classes."""

from __future__ import annotations


class SqlProblem(Exception):  # noqa: N818 - an answer
    """`[CLASS] text SQLSTATE: state`."""

    def __init__(self, name: str, text: str, state: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(f"[{name}] {text} SQLSTATE: {state}")
        self.name, self.state, self.code = name, state, code


def not_found(name: str) -> SqlProblem:
    return SqlProblem("TABLE_OR_VIEW_NOT_FOUND", f"The table or view `{name}` cannot be found.", "42P01")


def insufficient(report: str) -> SqlProblem:
    return SqlProblem("INSUFFICIENT_PERMISSIONS", f"Insufficient privileges: {report}", "42501")


def syntax(text: str) -> SqlProblem:
    return SqlProblem("PARSE_SYNTAX_ERROR", text, "42601")


def unsupported(text: str) -> SqlProblem:
    """What Databricks has, and the local one has not."""
    return SqlProblem("UNSUPPORTED_HERE", f"The local Databricks does not have this: {text}.", "0A000")
