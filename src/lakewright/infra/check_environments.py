"""What is wrong between two environments: names that both take in one account, and prod less protected than dev."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lakewright.components.component import Place, Value
from lakewright.errors import SpecError
from lakewright.infra.check_values import bucket_names
from lakewright.infra.root_module import Decided
from lakewright.spec import Project

PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_NAMED_WITHIN = frozenset({"database", "workgroup", "cluster", "bucket"})
"""A record with such a key has a name within what the key names, which may be the same elsewhere."""

SAFER_WHEN_TRUE = frozenset({
    "deletion_protection", "protected", "multi_az", "versioning", "encrypted", "enable_key_rotation", "flow_logs",
})  # fmt: skip
SAFER_WHEN_FALSE = frozenset({"force_destroy", "force_delete", "skip_final_snapshot", "publicly_accessible"})
SAFER_WHEN_MORE = frozenset({
    "deletion_window_in_days", "recovery_window_in_days", "backup_retention_days", "old_versions_kept",
    "old_versions_days", "expire_noncurrent_after", "keep_days", "log_retention_days", "log_retention_in_days",
})  # fmt: skip

Calls = Mapping[str, Decided]


def environment_mistakes(
    project: Project, place: Place, calls: Calls, other: Place, others: Calls
) -> Iterator[SpecError]:
    """Mistakes of one environment (`place`) beside another, each told once whichever of them is compiled."""
    yield from _same_names(project, place, calls, other, others)
    yield from _weaker(project, place, calls, other, others)
    yield from _weaker(project, other, others, place, calls)


def _same_names(project: Project, place: Place, calls: Calls, other: Place, others: Calls) -> Iterator[SpecError]:
    same_account = (place.account, place.region) == (other.account, other.region)
    at = project.place("environments", place.environment)
    theirs = {name for call in others.values() for _, name in bucket_names(call)}
    if both := [name for call in calls.values() for _, name in bucket_names(call) if name in theirs]:
        fact = f"environment {other.environment} makes {_listed(both)} too, and names of buckets are global"
        yield SpecError("LW1314", fact, place=at, hint="other names for one of them")
    if not same_account:
        return
    taken = {(call.declared.component.name, name) for call in others.values() for name in _names(call.made.inputs)}
    for call in calls.values():
        component = call.declared.component.name
        both = sorted(name for name in set(_names(call.made.inputs)) if (component, name) in taken)
        if both:
            fact = f"{call.name} takes {_listed(both)}, as {other.environment} does in the same account and region"
            hint = "another account or region, or names of its own for one of them"
            yield SpecError("LW1311", fact, place=at, hint=hint)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" …" if names[3:] else "")


def _names(value: Value) -> Iterator[str]:
    """Names that must be unique in an account and region."""
    if isinstance(value, Mapping):
        if not _NAMED_WITHIN & value.keys():
            for key in ("name", "role_name", "alias"):
                if isinstance(found := value.get(key), str):
                    yield found
        for item in value.values():
            yield from _names(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _names(item)


def _weaker(project: Project, place: Place, calls: Calls, other: Place, others: Calls) -> Iterator[SpecError]:
    """What protects production less than the other environment."""
    if place.environment not in PRODUCTION or other.environment in PRODUCTION:
        return
    at = ("environments", place.environment)
    if other.strict and not place.strict:
        fact = f"{place.environment} is less protected than {other.environment}, which is strict"
        yield SpecError("LW1311", fact, place=project.place(*at, "protection"), hint="protection: strict")
    for name in calls.keys() & others.keys():
        for path, own, theirs in _weakened(calls[name].made.inputs, others[name].made.inputs, ()):
            key = ".".join((name, *path))
            fact = f"{place.environment} is less protected than {other.environment}: {key} is {own} there, not {theirs}"
            origin = calls[name].declared.origin(path[0])
            yield SpecError("LW1311", fact, place=origin or project.place(*at), hint=f"at least {theirs}")


def _weakened(own: Value, theirs: Value, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Way, own value and the other's, where the own one protects less."""
    if isinstance(own, Mapping) and isinstance(theirs, Mapping):
        for key in own:
            if key in theirs:
                yield from _weakened(own[key], theirs[key], (*path, key))
    elif path and _is_weaker(path[-1], own, theirs):
        yield path, str(own).lower(), str(theirs).lower()


def _is_weaker(key: str, own: Value, theirs: Value) -> bool:
    if key in SAFER_WHEN_TRUE or key in SAFER_WHEN_FALSE:
        safe = key in SAFER_WHEN_TRUE
        return theirs is safe and own is (not safe)
    if key in SAFER_WHEN_MORE and isinstance(own, int | float) and isinstance(theirs, int | float):
        return own < theirs
    return False
