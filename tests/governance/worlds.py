"""Generated platforms: tables, people and `access` blocks, and an oracle that decides straight from the block.

The oracle reads the block's own words, row by row and cell by cell, and shares no code with the policy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from hypothesis import strategies as st

from lakewright.governance import Policy, Principal, TableFacts, policy_from_spec
from lakewright.governance import identities as principals_of
from lakewright.spec.access import Access

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

ORDER = TableFacts(
    "gold.orders",
    {"id": "bigint", "tenant_id": "bigint", "status": "string", "amount": "decimal(12,2)", "notes": "string"},
    {"notes": frozenset({"pii", "free_text"})},
)
CUSTOMER = TableFacts(
    "gold.customer",
    {"id": "bigint", "tenant_id": "bigint", "email": "string", "phone": "string", "active": "boolean"},
    {"email": frozenset({"pii", "email"}), "phone": frozenset({"pii", "phone"})},
)
DAYS = TableFacts("gold.days", {"day": "date", "weekend": "boolean"})
RAW = TableFacts("silver.customer", {"id": "bigint", "tenant_id": "int", "email": "string"})
TABLES = (ORDER, CUSTOMER, DAYS, RAW)

PEOPLE = {
    "ana": {"groups": ["analysts"]},
    "bo": {"groups": ["analysts", "tenants"], "attributes": {"tenants": [1, 2]}},
    "cy": {"groups": ["tenants"], "attributes": {"tenants": [], "level": [3]}},
    "di": {"groups": ["engineers"], "attributes": {"tenants": 3, "level": 1}},
    "ed": {},
}
PERSONAS = {
    "Analyst": {"groups": ["analysts"]},
    "Tenant": {"groups": ["tenants"], "users": ["di"]},
    "Engineer": {"groups": ["engineers"]},
}
CONDITIONS = {"first": "tenant_id in (1, 2)", "mine": "tenant_id in user.tenants"}

_subjects = st.sampled_from(
    ["Analyst", "Tenant", "Engineer", "group:analysts", "group:tenants", "user:ed", "user:bo", "everyone"]
)
_some_subjects = st.lists(_subjects, min_size=1, max_size=2, unique=True)
_tables = st.lists(
    st.sampled_from(["gold.*", "gold.orders", "gold.customer", "*.customer", "silver.customer", "gold.days", "*.*"]),
    min_size=1,
    max_size=2,
    unique=True,
)
_columns = st.lists(
    st.sampled_from(["id", "email", "phone", "status", "tenant_id", "*e*", "notes", "amount", "day"]), max_size=3
)
_classes = st.lists(st.sampled_from(["email", "phone", "pii", "*", "secret"]), max_size=2)
ATOMS = [
    "tenant_id in (1, 2)",
    "tenant_id in user.tenants",
    "tenant_id = user.level",
    "not tenant_id in user.tenants",
    "tenant_id <> 2",
    "tenant_id >= 2",
    "tenant_id is null",
    "status = 'it''s \\ open'",
    "status is not null",
    "amount > 10.50",
    "amount in (1, 2.25)",
    "active = true",
    "not (active = true or tenant_id = 1)",
    "status in ('paid', 'Ünïcode')",
    "id < 3",
    "first",
    "not first and id > 1",
    "mine or id = 1",
    "missing = 1",
]
_rows = st.one_of(
    st.sampled_from(ATOMS),
    st.builds("({} or {})".format, st.sampled_from(ATOMS), st.sampled_from(ATOMS)),
    st.builds("{} and not ({})".format, st.sampled_from(ATOMS), st.sampled_from(ATOMS)),
)


@st.composite
def _grants(draw: st.DrawFn) -> dict[str, Any]:
    grant: dict[str, Any] = {"to": draw(_some_subjects), "on": draw(_tables)}
    if draw(st.booleans()):
        grant["rows"] = draw(_rows)
    shape = draw(st.sampled_from(["all", "columns", "without"]))
    if shape != "all":
        grant[shape] = draw(_columns)
    grant["classes"] = draw(_classes)
    return grant


_denies = st.fixed_dictionaries(
    {"to": _some_subjects, "on": _tables, "can": st.sampled_from([["select"], ["select", "describe"]])},
    optional={"columns": _columns, "except": _some_subjects},
)
_filters = st.fixed_dictionaries({"on": _tables, "rows": _rows}, optional={"except": _some_subjects})
MASKED = {
    "email": ["null", "redact", "partial_email", "partial_phone", "partial_ip"],
    "phone": ["null", "partial_phone"],
    "status": ["redact"],
    "day": ["year", "null"],
    "amount": ["null"],
}


@st.composite
def _masks(draw: st.DrawFn) -> dict[str, Any]:
    column = draw(st.sampled_from(sorted(MASKED)))
    mask: dict[str, Any] = {"with": draw(st.sampled_from(MASKED[column]))}
    if column in ("email", "phone") and draw(st.booleans()):
        mask["classes"] = [column]
    else:
        mask["on"] = [f"{draw(st.sampled_from(['gold.*', '*.*', '*.customer', 'silver.customer']))}.{column}"]
    if draw(st.booleans()):
        mask["except"] = draw(_some_subjects)
    return mask


BLOCKS = st.fixed_dictionaries(
    {
        "users": st.just(PEOPLE),
        "personas": st.just(PERSONAS),
        "conditions": st.just(CONDITIONS),
        "classes": st.sampled_from([{}, {"secret": ["gold.orders.amount", "silver.*.email"]}]),
        "grants": st.lists(_grants(), min_size=1, max_size=5),
        "denies": st.one_of(st.just([]), st.lists(_denies, max_size=2)),
        "filters": st.one_of(st.just([]), st.lists(_filters, max_size=2)),
        "masks": st.one_of(st.just([]), st.lists(_masks(), max_size=3)),
    }
)

_texts = st.sampled_from([None, "it's \\ open", "paid", "Ünïcode", "", "ana@example.com", "+49 151 2345678"])
_small = st.sampled_from([None, 1, 2, 3, 4])
_VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "id": st.integers(0, 5),
    "tenant_id": _small,
    "status": _texts,
    "amount": st.sampled_from([None, Decimal("1.00"), Decimal("2.25"), Decimal("10.50"), Decimal("10.51")]),
    "notes": _texts,
    "email": _texts,
    "phone": _texts,
    "active": st.sampled_from([None, True, False]),
    "day": st.sampled_from([None, date(2026, 5, 4), date(1999, 12, 31)]),
    "weekend": st.booleans(),
}


def row_of(table: TableFacts) -> st.SearchStrategy[dict[str, Any]]:
    """A row of the table."""
    return st.fixed_dictionaries({column: _VALUES[column] for column in table.columns})


def access_of(block: Mapping[str, Any]) -> Access:
    return Access.model_validate(block)


def policy_of_block(block: Mapping[str, Any]) -> Policy:
    return policy_from_spec(access_of(block), lambda *path: "p.yaml:" + str(len(path)))


def people(block: Mapping[str, Any]) -> dict[str, Principal]:
    return dict(principals_of(access_of(block), policy_of_block(block)))


# The oracle.


@dataclass(frozen=True)
class Person:
    """Whom the oracle asks for."""

    name: str

    @property
    def facts(self) -> dict[str, Any]:
        return PEOPLE[self.name]

    def named_by(self, subjects: list[str] | str) -> bool:
        groups = set(self.facts.get("groups", []))
        mine = {"everyone", f"user:{self.name}"} | {f"group:{group}" for group in groups}
        mine |= {p for p, f in PERSONAS.items() if groups & set(f["groups"]) or self.name in f.get("users", [])}
        return bool(mine & set([subjects] if isinstance(subjects, str) else subjects))


class UnknownColumnError(Exception):
    pass


def truth(text: str, row: Mapping[str, Any], person: Person) -> bool | None:
    """Three-valued truth of a condition, by rewriting it to Python; only for the conditions above."""
    given = {name: [v] if isinstance(v, int) else v for name, v in person.facts.get("attributes", {}).items()}
    text = re.sub(r"\bmine\b", f"({CONDITIONS['mine']})", text)
    text = re.sub(r"\bfirst\b", f"({CONDITIONS['first']})", text)
    if any(name not in given for name in re.findall(r"user\.(\w+)", text)):
        _columns_known(text, row)
        return False
    text = re.sub(r"= user\.(\w+)", lambda m: f"in {tuple(given[m[1]])!r}", text)
    text = re.sub(r"user\.(\w+)", lambda m: repr(tuple(given[m[1]])), text)
    _columns_known(text, row)
    found: bool | None = _Reading(text, row).either()
    return found


def _columns_known(text: str, row: Mapping[str, Any]) -> None:
    bare = re.sub(r"'(?:[^']|'')*'|user\.\w+", " ", text)
    words = set(re.findall(r"[a-z_]+", bare))
    if words - {"in", "not", "and", "or", "is", "null", "true"} - row.keys():
        raise UnknownColumnError


class _Reading:
    """A tiny reader of its own; Kleene's logic."""

    def __init__(self, text: str, row: Mapping[str, Any]) -> None:
        pattern = r"\(\s*\)|'(?:[^']|'')*'|<>|>=|[<>=(),]|-?\d+(?:\.\d+)?|\w+"
        self.words = list(re.findall(pattern, text))
        self.row = row

    def pop(self) -> str:
        return self.words.pop(0)

    def peek(self) -> str:
        return self.words[0] if self.words else ""

    def either(self) -> bool | None:
        found = [self.both()]
        while self.peek() == "or":
            self.pop()
            found.append(self.both())
        return True if True in found else None if None in found else False

    def both(self) -> bool | None:
        found = [self.one()]
        while self.peek() == "and":
            self.pop()
            found.append(self.one())
        return False if False in found else None if None in found else True

    def one(self) -> bool | None:
        if self.peek() == "not":
            self.pop()
            inner = self.one()
            return None if inner is None else not inner
        if self.peek() == "(":
            self.pop()
            inner = self.either()
            assert self.pop() == ")"
            return inner
        value, op = self.row[self.pop()], self.pop()
        if op == "is":
            negative = self.peek() == "not" and bool(self.pop())
            assert self.pop() == "null"
            return (value is None) != negative
        if op == "in":
            members = self.members()
            return False if not members else None if value is None else value in members
        other = self.constant(self.pop())
        if value is None:
            return None
        return {"=": value == other, "<>": value != other}.get(op) if op in ("=", "<>") else {
            "<": lambda: value < other, ">": lambda: value > other, ">=": lambda: value >= other
        }[op]()  # fmt: skip

    def members(self) -> list[Any]:
        first = self.pop()
        if first.replace(" ", "") == "()":
            return []
        found = []
        while (word := self.pop()) != ")":
            if word != ",":
                found.append(self.constant(word))
        return found

    def constant(self, word: str) -> Any:
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        return word == "true" if word in ("true", "false") else Decimal(word)


def _on(patterns: list[str], table: str) -> bool:
    parts = [(p.split(".", 1), table.split(".", 1)) for p in patterns]
    return any(fnmatchcase(t[0], p[0]) and fnmatchcase(t[1], p[1]) for p, t in parts)


def classes_of_column(block: Mapping[str, Any], table: TableFacts, column: str) -> set[str]:
    more = {
        name for name, columns in block["classes"].items() for c in columns
        if _on([c.rpartition(".")[0]], table.name) and fnmatchcase(column, c.rpartition(".")[2])
    }  # fmt: skip
    return set(table.classes.get(column, ())) | more


def _covers(grant: Mapping[str, Any], column: str, classes: set[str]) -> bool:
    if grant.get("columns") and not any(fnmatchcase(column, c) for c in grant["columns"]):
        return False
    if any(fnmatchcase(column, c) for c in grant.get("without", [])):
        return False
    wanted = set(grant["classes"])
    return not classes or "*" in wanted or bool(classes & wanted) or column in grant.get("columns", [])


def _fits(rule: Mapping[str, Any], row: Mapping[str, Any], person: Person) -> bool:
    """Raises UnknownColumnError."""
    return "rows" not in rule or truth(rule["rows"], row, person) is True


def seen(block: Mapping[str, Any], name: str, table: TableFacts, row: Mapping[str, Any]) -> set[str] | None:
    """The columns of this row that the person sees (masked or not); None when the row is not seen."""
    person = Person(name)
    denied: set[str] = set()
    for deny in block["denies"]:
        if _on(deny["on"], table.name) and person.named_by(deny["to"]) and not person.named_by(deny.get("except", [])):
            if not deny.get("columns"):
                return None
            denied |= {c for c in table.columns if any(fnmatchcase(c, p) for p in deny["columns"])}
    for rule in block["filters"]:
        if _on(rule["on"], table.name) and not person.named_by(rule.get("except", [])):
            try:
                if not _fits(rule, row, person):
                    return None
            except UnknownColumnError:
                return None
    found: set[str] = set()
    for grant in block["grants"]:
        if _on(grant["on"], table.name) and person.named_by(grant["to"]):
            try:
                if _fits(grant, row, person):
                    found |= {c for c in table.columns if _covers(grant, c, classes_of_column(block, table, c))}
            except UnknownColumnError:
                continue
    return (found - denied) or None


def masks_on(block: Mapping[str, Any], name: str, table: TableFacts, column: str) -> set[str]:
    """The kinds of masks that the person is under."""
    person = Person(name)
    found = set()
    for mask in block["masks"]:
        if "on" in mask:
            covered = any(
                _on([c.rpartition(".")[0]], table.name) and fnmatchcase(column, c.rpartition(".")[2])
                for c in mask["on"]
            )
        else:
            covered = bool(classes_of_column(block, table, column) & set(mask["classes"]))
        if covered and not person.named_by(mask.get("except", [])):
            found.add(mask["with"])
    return found


LATER = NOW + timedelta(days=1)
