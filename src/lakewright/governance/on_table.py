"""What a policy says of one table, worked out once: which columns grants cover, their conditions bound to them, and
all that an answer can depend on of whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from lakewright.governance.binding import Binder, Unbound, asked_of, each_converted
from lakewright.governance.bundles import BITS, Bundle, Equal, Other
from lakewright.governance.decisions import TableFacts
from lakewright.governance.predicate import NEVER, In, Predicate, any_of
from lakewright.governance.principals import Principal, Privilege, Value
from lakewright.governance.rules import NOBODY, Deny, Filter, MaskRule
from lakewright.spec.rows import Condition

if TYPE_CHECKING:
    from lakewright.governance.policy import Policy

NO_ONE = Principal("")
Concerned = tuple[frozenset[str], tuple[tuple[str, tuple[Value, ...] | None], ...]]
"""All that answers depend on: the subjects that rules name, and the attributes that conditions ask for."""


class Given(NamedTuple):
    """A bundle of grants with the columns that it covers. `rows`: what those of its conditions let through together
    that are the same for everybody, and `numbers` the grants that have a part in it; conditions that do not fit the
    table let no row through. `asks` has to be bound to each principal."""

    bundle: Bundle
    columns: frozenset[str]
    rows: Predicate | None
    numbers: Sequence[int]
    asks: Sequence[Other]


@dataclass(frozen=True)
class OnTable:
    """The rules of a policy that are on a table."""

    policy: Policy
    table: TableFacts

    @cached_property
    def bundles(self) -> Sequence[Bundle]:
        return self.policy.index.bundles.on(self.table.name)

    @cached_property
    def denies(self) -> Sequence[Deny]:
        return self.policy.index.denies.on(self.table.name)

    @cached_property
    def filters(self) -> Sequence[Filter]:
        return self.policy.index.filters.on(self.table.name)

    @cached_property
    def masks(self) -> Sequence[MaskRule]:
        return self.policy.index.masks.on(self.table.name)

    @cached_property
    def classes(self) -> Mapping[str, frozenset[str]]:
        return self.policy.classes_of(self.table)

    def to(self, principal: Principal, privilege: Privilege) -> list[Given]:
        """The grants of a privilege to somebody, whenever they are in force."""
        lists = [self._places[subject] for subject in principal.subjects if subject in self._places]
        places = lists[0] if len(lists) == 1 else sorted({place for places in lists for place in places})
        bit = BITS[privilege]
        return [self._given(place) for place in places if self.bundles[place].can & bit]

    def gives(self, principal: Principal) -> int:
        """The privileges (BITS) that some grant gives to somebody, whatever it limits them to."""
        given = 0
        for subject in principal.subjects:
            given |= self._bits.get(subject, 0)
        return given

    @cached_property
    def _bits(self) -> Mapping[str, int]:
        """Subject → the privileges that grants give to it."""
        found: dict[str, int] = {}
        for bundle in self.bundles:
            for subject in bundle.grant.to:
                found[subject] = found.get(subject, 0) | bundle.can
        return found

    @cached_property
    def _places(self) -> Mapping[str, Sequence[int]]:
        """Subject → the bundles of grants to it, by their places in `bundles`."""
        found: dict[str, list[int]] = {}
        for place, bundle in enumerate(self.bundles):
            for subject in bundle.grant.to:
                found.setdefault(subject, []).append(place)
        return found

    def _given(self, place: int) -> Given:
        found = self._known.get(place)
        if found is None:
            found = self._known[place] = self._worked_out(self.bundles[place])
        return found

    @cached_property
    def _known(self) -> dict[int, Given]:
        return {}

    def _worked_out(self, bundle: Bundle) -> Given:
        columns = self._covered(bundle)
        if bundle.grant.rows is None:
            return Given(bundle, columns, None, bundle.numbers, ())
        common: list[tuple[Predicate | None, Sequence[int]]] = [self._equal(one) for one in bundle.equal]
        common += [(self._bound(one.condition), one.numbers) for one in bundle.others if one.is_common]
        parts = [(rows, numbers) for rows, numbers in common if rows is not NEVER]
        numbers = parts[0][1] if len(parts) == 1 else [number for _, numbers in parts for number in numbers]
        asks = [one for one in bundle.others if not one.is_common]
        return Given(bundle, columns, any_of([rows for rows, _ in parts]), numbers, asks)

    def _covered(self, bundle: Bundle) -> frozenset[str]:
        grant = bundle.grant
        limits = (grant.columns, grant.without, grant.classes)
        found = self._columns.get(limits)
        if found is None:
            names: Iterable[str] = self.table.columns
            if bundle.named is not None:
                names = [name for lower in bundle.named for name in self._spelled.get(lower, ())]
            classes = self.classes
            covered = [name for name in names if grant.covers(name, classes.get(name, NOBODY))]
            found = self._columns[limits] = frozenset(covered)
        return found

    @cached_property
    def _columns(self) -> dict[tuple[object, ...], frozenset[str]]:
        return {}

    @cached_property
    def _spelled(self) -> Mapping[str, Sequence[str]]:
        """A column's name in lower case → the columns that are called so."""
        found: dict[str, list[str]] = {}
        for name in self.table.columns:
            found.setdefault(name.lower(), []).append(name)
        return found

    @cached_property
    def _binder(self) -> Binder:
        return Binder(self.table.columns, NO_ONE, self.policy.conditions)

    def _bound(self, condition: Condition) -> Predicate | None:
        try:
            return self._binder.bind(condition)
        except Unbound:
            return NEVER

    def _equal(self, equal: Equal) -> tuple[Predicate, Sequence[int]]:
        """The rows of all of them, and the grants whose constants are of the column's type."""
        try:
            name, kind = self._binder.column(equal.column)
        except Unbound:
            return NEVER, ()
        constants = each_converted(equal.constants, kind, name)
        distinct = dict.fromkeys(constants)
        values = tuple([value for value in distinct if value is not None])
        if len(values) == len(distinct):
            return In(name, values), equal.numbers
        fitting = [number for value, number in zip(constants, equal.numbers, strict=True) if value is not None]
        return In(name, values) if values else NEVER, fitting

    @cached_property
    def _asked(self) -> Sequence[tuple[frozenset[str], frozenset[str]]]:
        """The attributes and subjects that conditions ask for."""
        of_filters = [asked_of(rule.rows, self.policy.conditions) for rule in self.filters]
        others = (one for bundle in self.bundles for one in bundle.others)
        return [*of_filters, *((one.attributes, one.subjects) for one in others)]

    def concerned(self, principal: Principal) -> Concerned:
        """Equal for two who get the same answers."""
        attributes = principal.attributes
        return self._subjects & principal.subjects, tuple((name, attributes.get(name)) for name in self._attributes)

    @cached_property
    def _attributes(self) -> Sequence[str]:
        return sorted(frozenset().union(*(attributes for attributes, _ in self._asked)))

    @cached_property
    def _subjects(self) -> frozenset[str]:
        administrators = (f"persona:{name}" for name, facts in self.policy.personas.items() if facts.administrator)
        return frozenset(administrators).union(
            *(bundle.grant.to for bundle in self.bundles),
            *(subjects for deny in self.denies for subjects in (deny.to, deny.exempt)),
            *(rule.exempt for rule in self.filters),
            *(subjects for mask in self.masks for subjects in (mask.to, mask.exempt)),
            *(subjects for _, subjects in self._asked),
        )
