from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakewright.errors import SpecError
from lakewright.ingest.mappings import wildcards
from lakewright.spec.values import matches as spec_matches

ALPHABET = "ab_%[]-*?!^.é\n"
# each pair: a piece of a DMS pattern, and the same in fnmatch's language (the oracle)
PIECES = st.sampled_from(
    [("%", "*"), ("_", "?"), ("[_]", "_"), ("[ab]", "[ab]"), ("[a-b]", "[a-b]"), ("a", "a"), ("b", "b"), ("[%]", "%"),
     ("*", "[*]"), ("?", "[?]"), ("]", "]"), ("[[]", "[[]"), (".", "."), ("[!]", "!"), ("[^]", "^"), ("é", "é"),
     ("-", "-")]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8), st.text(ALPHABET, max_size=10))
def test_matching_agrees_with_fnmatch(pieces: list[tuple[str, str]], name: str) -> None:
    pattern, oracle = ("".join(piece[side] for piece in pieces) for side in (0, 1))
    assert wildcards.matches(pattern, name) == fnmatchcase(name, oracle)


@given(st.text(ALPHABET, min_size=1, max_size=12), st.text(ALPHABET, max_size=12))
def test_a_literal_pattern_matches_its_name_only(name: str, other: str) -> None:
    pattern = wildcards.literally(name)
    assert wildcards.matches(pattern, name)
    assert wildcards.matches(pattern, other) == (name == other)
    assert wildcards.plain_name(pattern) == name


@given(st.text("ab_[]*%é", max_size=10), st.text("ab_[]é", max_size=10))
def test_the_specs_form_means_the_same_to_both(pattern: str, name: str) -> None:
    assert wildcards.matches(wildcards.from_spec(pattern), name) == spec_matches(f"s.{pattern}", "s", name)


@pytest.mark.parametrize("pattern", ["[", "a[b", "[]", "[z-a]"])
def test_broken_sets_are_refused(pattern: str) -> None:
    with pytest.raises(SpecError, match="LW311"):
        wildcards.compiled(pattern)


def test_case_matters() -> None:
    assert not wildcards.matches("core[_]%", "CORE_order")
    assert wildcards.matches("core_order", "coreXorder")  # the underscore is a wildcard in DMS
