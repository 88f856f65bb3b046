"""The report as one HTML page that needs nothing else: no scripts, no fonts, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from lakewright.rehearse.platform.criteria import Check, Criterion, Grade, counted
from lakewright.rehearse.platform.report import RehearsalReport
from lakewright.rehearse.platform.style import STYLE

_WORDS = {
    Grade.EXECUTED: "behaviour ran and was measured",
    Grade.ACCEPTED: "AWS's API took it, nothing ran behind it",
    Grade.UNCHECKED: "not looked at in this rehearsal",
    Grade.NOT_PROVEN: "cannot be shown here yet",
}
_SIGN = {True: ("good", "✓"), False: ("bad", "✗"), None: ("open", "–")}
MOST_OPERATIONS = 400


def page(report: RehearsalReport) -> str:
    """The whole page."""
    title = f"{report.platform} · {report.environment}"
    parts = [
        _head(report),
        _problems(report.problems),
        _section("Success criteria", "".join(_criterion(one) for one in report.criteria)),
        _section("Where the time went", _phases(report)),
        _section("Critical path of the apply", _path(report)),
        _section("Stacks", _stacks(report)),
        _section("Replication, jobs and figures", _data(report)),
        _section("Who sees what", _answers(report)),
        _section("What it would cost", _cost(report)),
        _section("What AWS was asked", _coverage(report.coverage)),
        _section("What Databricks was asked", _coverage(report.databricks) + _unchecked(report.unchecked)),
        _section("What differed from the compiled files", _overrides(report.overrides)),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{escape(title)}: rehearsal</title><style>{STYLE}</style></head>'
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>" if body else ""


def _head(report: RehearsalReport) -> str:
    declared = [one for one in report.criteria if one.declared]
    met = sum(one.ok is True for one in declared)
    verdict = "Everything that could be tried works" if report.ok else "Not everything works"
    grades = counted(report.criteria)
    chips = "".join(
        f'<span class="chip {_class(grade)}" title="{escape(_WORDS[grade])}"><b>{number}</b> {grade}</span>'
        for grade, number in grades.items()
    )
    facts = [
        (f"{met} of {len(declared)}", "criteria met"),
        (str(report.resources), "resources applied"),
        (f"{report.total_seconds / 60:.1f} min", "from start to end"),
        (f"${(report.evidence.cost or {}).get('usd', 0):,.0f}", "a month, estimated"),
    ]
    tiles = "".join(f"<div><strong>{escape(value)}</strong><span>{escape(name)}</span></div>" for value, name in facts)
    return (
        f'<header class="{"good" if report.ok else "bad"}"><p class="over">Rehearsal of {escape(report.blueprint)}</p>'
        f"<h1>{escape(report.platform)} <em>{escape(report.environment)}</em></h1><p>{verdict}. "
        f"{escape(report.terraform)} against a local AWS, {escape(report.started)}.</p>"
        f'<div class="tiles">{tiles}</div><p>{chips}</p></header>'
    )


def _class(grade: Grade) -> str:
    return str(grade).replace(" ", "-")


def _problems(problems: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(one)}</li>" for one in problems)
    return f'<section class="problems"><h2>Problems</h2><ul>{items}</ul></section>' if problems else ""


def _criterion(one: Criterion) -> str:
    if not one.declared:
        return (
            f'<div class="criterion absent"><i>·</i><b>{one.number}. {escape(one.title)}</b>'
            "<span>not in this platform</span></div>"
        )
    kind, sign = _SIGN[one.ok]
    checks = "".join(_check(check) for check in one.checks)
    return (
        f'<details class="criterion {kind}"{" open" if one.ok is False else ""}><summary><i>{sign}</i>'
        f"<b>{one.number}. {escape(one.title)}</b>"
        f'<span class="chip {_class(one.grade)}">{one.grade}</span></summary>'
        f"<table>{checks}</table></details>"
    )


def _check(check: Check) -> str:
    kind, sign = _SIGN[check.ok]
    return (
        f'<tr class="{kind}"><td>{sign}</td><td>{escape(check.name)}</td><td>{escape(check.fact)}</td>'
        f'<td><span class="chip {_class(check.grade)}">{check.grade}</span></td></tr>'
    )


def _phases(report: RehearsalReport) -> str:
    longest = max(report.seconds.values(), default=1) or 1
    rows = "".join(_bar(name, f"{seconds:.1f} s", seconds / longest) for name, seconds in report.seconds.items())
    return f'<div class="bars">{rows}</div>'


def _path(report: RehearsalReport) -> str:
    longest = max((leg.seconds for leg in report.evidence.path), default=1) or 1
    rows = ""
    for leg in report.evidence.path:
        waited = f", waited {leg.waited:.1f} s for a place" if leg.waited >= 1 else ""
        rows += _bar(leg.name, f"{leg.seconds:.1f} s{waited}", leg.seconds / longest)
    return f'<div class="bars">{rows}</div>' if rows else ""


def _bar(name: str, value: str, share: float) -> str:
    return (
        f"<div><span>{escape(name)}</span><span class='bar'><i style='width:{max(share, 0.004) * 100:.1f}%'></i></span>"
        f"<span>{escape(value)}</span></div>"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>" + "".join(f'<td class="{_align(cell)}">{escape(_text(cell))}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""


def _align(cell: object) -> str:
    return "number" if type(cell) in (int, float) else ""


def _text(cell: object) -> str:
    return f"{cell:,}" if type(cell) in (int, float) else str(cell)


def _stacks(report: RehearsalReport) -> str:
    rows = [
        (
            stack.name,
            stack.resources,
            stack.error or ", ".join(f"{count} {word}" for word, count in stack.did.items() if count) or "as it was",
            ", ".join(f"{name} {seconds:.0f} s" for name, seconds in stack.seconds.items()),
            ", ".join(stack.differences) or ("none" if report.evidence.second_plan else "not planned"),
        )
        for stack in report.evidence.stacks
    ]
    return _table(("stack", "resources", "did", "time", "second plan's differences"), rows)


def _data(report: RehearsalReport) -> str:
    seen = report.evidence
    loads = [
        (one.name, table.table, table.source_rows, table.loaded_rows, table.changes)
        for one in seen.replications
        for table in one.tables
    ]
    jobs = [(run.job, run.state.lower(), run.seconds, run.error) for run in seen.jobs]
    counts = [(one.table, one.rows, one.duplicates) for one in (*seen.silver, *seen.gold)]
    figures = [(one.table, one.rows, one.figures, one.different) for one in seen.comparisons]
    return (
        _table(("replication", "table", "rows at the source", "loaded", "changes"), loads)
        + _table(("job", "state", "seconds", "error"), jobs)
        + _table(("table, as Athena counts it", "rows", "keys that occur twice"), counts)
        + _table(("Gold against PostgreSQL", "rows", "figures", "different"), figures)
    )


def _answers(report: RehearsalReport) -> str:
    rows = [
        (
            "✓" if one.ok else "✗",
            one.persona,
            one.statement,
            one.refused or f"{one.rows:,} rows",
            ", ".join(one.sees) or "–",
            "must be refused" if one.must_refuse else ", ".join(one.must_see) or "none",
        )
        for one in report.evidence.answers
    ]
    return _table(("", "as", "asked Athena", "got", "tenants seen", "tenants that may be seen"), rows)


def _cost(report: RehearsalReport) -> str:
    cost = report.evidence.cost
    if not cost:
        return ""
    services: Mapping[str, float] = cost["by_service"]
    dearest = max(services.values(), default=1) or 1
    bars = "".join(_bar(name, f"${usd:,.2f}", usd / dearest) for name, usd in services.items())
    lines = [
        (line["call"], line["item"], line["quantity"], line["unit"], line["price"], line["usd"], line["note"])
        for line in cost["lines"]
    ]
    heads = ("call", "item", "quantity", "unit", "USD each", "USD a month", "why")
    note = f"List prices of {cost['region']}, noted {cost['noted']}, without free tiers, discounts and taxes."
    budget = f" The budget is ${report.evidence.budget:,.0f}." if report.evidence.budget else ""
    return (
        f'<p>{escape(note + budget)}</p><div class="bars">{bars}</div>'
        f"<details><summary>Every line</summary>{_table(heads, lines)}</details>"
    )


def _coverage(coverage: Mapping[str, Mapping[str, int]]) -> str:
    parts = []
    for outcome, operations in coverage.items():
        rows = list(operations.items())[:MOST_OPERATIONS]
        times = sum(operations.values())
        summary = f"{len(operations)} operations {outcome}, {times:,} requests"
        parts.append(f"<details><summary>{escape(summary)}</summary>{_table(('operation', 'times'), rows)}</details>")
    return "".join(parts)


def _unchecked(unchecked: Mapping[str, Sequence[str]]) -> str:
    """Types whose arguments are checked, and nothing behind them."""
    rows = [(module, ", ".join(types)) for module, types in unchecked.items()]
    return _table(("module", "checked against the provider's schema only"), rows) if rows else ""


def _overrides(overrides: Mapping[str, str]) -> str:
    files = "".join(
        f"<details><summary>{escape(stack)}/lakewright_rehearsal_override.tf</summary><pre>{escape(text)}</pre></details>"
        for stack, text in overrides.items()
    )
    return (
        f"<p>One file per stack; every other file is as <code>infra compile</code> writes it.</p>{files}"
        if files
        else ""
    )
