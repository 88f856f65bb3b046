"""Arrays, maps and lambdas."""

from __future__ import annotations

_PAIR = "list_transform({0}, lambda e: struct_pack(key := struct_extract_at(e, 1), value := struct_extract_at(e, 2)))"

COLLECTIONS: dict[str, dict[str, str]] = {
    "cardinality": {"array(T) -> bigint": "len({0})", "map(K, V) -> bigint": "CAST(cardinality({0}) AS BIGINT)"},
    "element_at": {
        "array(T), bigint -> T": "lw_element_at({0}, {1})",
        "map(K, V), K -> V": "map_extract_value({0}, {1})",
    },
    "contains": {"array(T), T -> boolean": "lw_contains({0}, {1})"},
    "array_position": {"array(T), T -> bigint": "CAST(lw_position({0}, {1}) AS BIGINT)"},
    "array_distinct": {"array(T) -> array(T)": "lw_distinct({0})"},
    "array_sort": {"array(T) -> array(T)": "list_sort({0}, 'ASC', 'NULLS LAST')"},
    "array_max": {"array(T) -> T": "lw_max({0})"},
    "array_min": {"array(T) -> T": "lw_min({0})"},
    "array_remove": {"array(T), T -> array(T)": "lw_remove({0}, {1})"},
    "array_intersect": {"array(T), array(T) -> array(T)": "lw_intersect({0}, {1})"},
    "array_union": {"array(T), array(T) -> array(T)": "lw_distinct(lw_concat({0}, {1}))"},
    "array_except": {"array(T), array(T) -> array(T)": "lw_except({0}, {1})"},
    "arrays_overlap": {"array(T), array(T) -> boolean": "lw_overlap({0}, {1})"},
    "slice": {"array(T), bigint, bigint -> array(T)": "lw_slice({0}, {1}, {2})"},
    "trim_array": {"array(T), bigint -> array(T)": "lw_trim_array({0}, {1})"},
    "flatten": {"array(array(T)) -> array(T)": "flatten({0})"},
    "repeat": {"T, integer -> array(T)": "lw_repeat({0}, {1})"},
    "transform": {"array(T), function(T, U) -> array(U)": "list_transform({0}, {1})"},
    "filter": {"array(T), function(T, boolean) -> array(T)": "list_filter({0}, {1})"},
    "any_match": {"array(T), function(T, boolean) -> boolean": "lw_any(list_transform({0}, {1}))"},
    "all_match": {"array(T), function(T, boolean) -> boolean": "lw_all(list_transform({0}, {1}))"},
    "none_match": {"array(T), function(T, boolean) -> boolean": "lw_none(list_transform({0}, {1}))"},
    "map_keys": {"map(K, V) -> array(K)": "map_keys({0})"},
    "map_values": {"map(K, V) -> array(V)": "map_values({0})"},
    "map_entries": {
        "map(K, V) -> array(row(K, V))": (
            "list_transform(map_entries({0}), lambda e: struct_pack(field0 := e.key, field1 := e.value))"
        )
    },
    "map_from_entries": {"array(row(K, V)) -> map(K, V)": f"map_from_entries({_PAIR})"},
    "map_concat": {"map(K, V), map(K, V) -> map(K, V)": "map_concat({0}, {1})"},
    "map": {"array(K), array(V) -> map(K, V)": "lw_map({0}, {1})"},
}
