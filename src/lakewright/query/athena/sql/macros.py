"""DuckDB macros behind Trino's functions. A statement needs only those that its text names (`prelude`).

A macro fails by a cast of a text that begins with `!`, which `failures.failure` turns into Athena's error: DuckDB's
own error() is not allowed inside TRY.
"""

# ruff: noqa: E501 (SQL)

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from lakewright.query.athena.sql.macros_json import JSON_MACROS
from lakewright.query.athena.sql.macros_text import TEXT_MACROS
from lakewright.query.athena.sql.macros_time import TIME_MACROS

_NUMBERS: Mapping[str, str] = {
    "lw_fail(m)": "CAST('!' || m AS TINYINT)",
    "lw_div(a, b)": "a // CASE WHEN b = 0 THEN lw_fail('DIVISION_BY_ZERO: Division by zero') ELSE b END",
    "lw_mod(a, b)": "a % CASE WHEN b = 0 THEN lw_fail('DIVISION_BY_ZERO: Division by zero') ELSE b END",
    "lw_fmod(a, b)": "CASE WHEN b = 0 AND a IS NOT NULL THEN CAST('NaN' AS DOUBLE) ELSE a % b END",
    "lw_floor_div(a, b)": "(a - ((a % b + b) % b)) // b",
    "lw_divide(a, b, unit)": """
      CASE WHEN b = 0 THEN lw_fail('DIVISION_BY_ZERO: Division by zero')
      ELSE (a // b) * unit + ((a % b) * unit) // b
      + CASE WHEN 2 * abs(((a % b) * unit) % b) >= abs(b) THEN CASE WHEN (a < 0) = (b < 0) THEN 1 ELSE -1 END
        ELSE 0 END END""",
    "lw_unscaled(x, unit)": """
      CAST(trunc(x) AS HUGEINT) * unit + CASE WHEN x < 0 THEN -1 ELSE 1 END
        * CAST(split_part(CAST(x AS VARCHAR), '.', 2) AS HUGEINT)""",
    "lw_scaled(n, places)": """
      CASE WHEN n < 0 THEN '-' ELSE '' END
      || left(lpad(CAST(abs(n) AS VARCHAR), CAST(greatest(places + 1, length(CAST(abs(n) AS VARCHAR))) AS INTEGER), '0'), -places)
      || '.' || right(lpad(CAST(abs(n) AS VARCHAR), CAST(greatest(places + 1, length(CAST(abs(n) AS VARCHAR))) AS INTEGER), '0'), places)""",
    "lw_round_half_up(d)": """
      CASE WHEN isnan(d) OR isinf(d) THEN lw_fail('INVALID_CAST_ARGUMENT: Unable to cast '
        || CASE WHEN isnan(d) THEN 'NaN' WHEN d > 0 THEN 'Infinity' ELSE '-Infinity' END || ' to a whole number')
      ELSE sign(d) * CASE WHEN abs(d) >= 4503599627370496 THEN abs(d)
        WHEN abs(d) - floor(abs(d)) >= 0.5 THEN floor(abs(d)) + 1 ELSE floor(abs(d)) END END""",
    "lw_digits(v)": "regexp_replace(regexp_replace(split_part(v, 'e', 1), '[-.]', '', 'g'), '^0+|0+$', '', 'g')",
    "lw_exponent(d, v)": """
      CASE WHEN contains(v, 'e') THEN CAST(replace(split_part(v, 'e', 2), '+', '') AS INTEGER)
      WHEN abs(d) >= 1 THEN length(split_part(ltrim(v, '-'), '.', 1)) - 1
      ELSE -length(regexp_extract(split_part(v, '.', 2), '^0*')) - 1 END""",
    "lw_scientific(d, v)": """
      CASE WHEN d < 0 THEN '-' ELSE '' END || left(lw_digits(v), 1) || '.'
      || coalesce(nullif(substring(lw_digits(v), 2), ''), '0') || 'E' || lw_exponent(d, v)""",
    "lw_double_text(d)": """
      CASE WHEN d IS NULL THEN NULL WHEN isnan(d) THEN 'NaN'
      WHEN isinf(d) THEN CASE WHEN d > 0 THEN 'Infinity' ELSE '-Infinity' END
      WHEN d = 0 THEN CASE WHEN CAST(d AS VARCHAR) LIKE '-%' THEN '-0E0' ELSE '0E0' END
      ELSE lw_scientific(d, CAST(d AS VARCHAR)) END""",
    "lw_real_text(d)": """
      CASE WHEN isnan(d) OR isinf(d) OR d = 0 THEN lw_double_text(d)
      ELSE lw_double_text(CAST(printf('%.6e', CAST(d AS DOUBLE)) AS DOUBLE)) END""",
    "lw_java_text(d)": """
      CASE WHEN d = 0 OR (abs(d) >= 0.001 AND abs(d) < 10000000) THEN CAST(d AS VARCHAR) ELSE lw_double_text(d) END""",
    "lw_boolean(s)": """
      CASE lower(s) WHEN 't' THEN TRUE WHEN 'true' THEN TRUE WHEN '1' THEN TRUE
      WHEN 'f' THEN FALSE WHEN 'false' THEN FALSE WHEN '0' THEN FALSE
      ELSE CASE WHEN s IS NULL THEN NULL
        ELSE CAST('!INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to BOOLEAN' AS BOOLEAN) END END""",
    "lw_integer(s, kind)": """
      CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(trim(s), '[+-]?[0-9]+') THEN trim(s)
      ELSE CAST(lw_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to ' || kind) AS VARCHAR) END""",
    "lw_double(s)": r"""
      CASE WHEN s IS NULL THEN NULL
      WHEN regexp_full_match(trim(s), '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?') THEN CAST(trim(s) AS DOUBLE)
      WHEN trim(s) IN ('NaN', 'Infinity', '-Infinity', '+Infinity') THEN CAST(ltrim(trim(s), '+') AS DOUBLE)
      ELSE lw_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to DOUBLE') END""",
    "lw_decimal_number(s)": r"""
      CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)') THEN s
      ELSE CAST(lw_fail('INVALID_CAST_ARGUMENT: Cannot cast VARCHAR ''' || s || ''' to DECIMAL. Value is not a number.')
        AS VARCHAR) END""",
    "lw_float_decimal(d)": """
      CASE WHEN d IS NULL THEN NULL WHEN isnan(d) OR isinf(d)
      THEN CAST(lw_fail('INVALID_CAST_ARGUMENT: Cannot cast DOUBLE to DECIMAL') AS VARCHAR) ELSE CAST(d AS VARCHAR) END""",
    "lw_fitting(s, n)": """
      CASE WHEN length(s) > n
      THEN CAST(lw_fail('INVALID_CAST_ARGUMENT: Value ' || s || ' cannot be represented as varchar(' || n || ')') AS VARCHAR)
      ELSE s END""",
    "lw_truncate(d)": "CASE WHEN isnan(d) OR isinf(d) THEN d ELSE trunc(d) END",
    "lw_ln(d)": """
      CASE WHEN d < 0 THEN CAST('NaN' AS DOUBLE) WHEN d = 0 THEN CAST('-Infinity' AS DOUBLE) ELSE ln(d) END""",
    "lw_half_up(a)": "CASE WHEN a - floor(a) >= 0.5 THEN floor(a) + 1 ELSE floor(a) END",
    "lw_round(d)": "CASE WHEN isnan(d) OR isinf(d) THEN d WHEN d < 0 THEN -lw_half_up(-d) ELSE lw_half_up(d) END",
    "lw_round_to(d, n)": """
      CASE WHEN isnan(d) OR isinf(d) THEN d
      WHEN d < 0 THEN -lw_half_up(-d * pow(10, n)) / pow(10, n) ELSE lw_half_up(d * pow(10, n)) / pow(10, n) END""",
    "lw_width_bucket(x, low, high, n)": """
      CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1
      ELSE CAST(floor(n * (x - low) / (high - low)) AS BIGINT) + 1 END""",
    "lw_from_base_digit(c)": "CASE WHEN c BETWEEN '0' AND '9' THEN ascii(c) - 48 ELSE ascii(lower(c)) - 87 END",
    "lw_from_base(s, base)": """
      CASE WHEN s IS NULL OR base IS NULL THEN NULL
      WHEN NOT regexp_full_match(s, '[+-]?[0-9a-zA-Z]+') OR list_bool_or(list_transform(
        string_split(ltrim(s, '+-'), ''), lambda c: lw_from_base_digit(c) >= base))
      THEN lw_fail('INVALID_FUNCTION_ARGUMENT: Not a valid base-' || base || ' number: ' || s)
      ELSE CASE WHEN starts_with(s, '-') THEN -1 ELSE 1 END * list_reduce(list_transform(
        string_split(ltrim(s, '+-'), ''), lambda c: CAST(lw_from_base_digit(c) AS HUGEINT)),
        lambda total, digit: total * base + digit) END""",
    "lw_to_base(n, base)": """
      CASE WHEN n < 0 THEN '-' || lower(to_base(-n, base)) ELSE lower(to_base(n, base)) END""",
}

_ARRAYS: Mapping[str, str] = {
    "lw_concat(a, b)": "CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_concat(a, b) END",
    "lw_append(a, x)": "CASE WHEN a IS NULL THEN NULL ELSE list_append(a, x) END",
    "lw_prepend(a, x)": "CASE WHEN a IS NULL THEN NULL ELSE list_prepend(x, a) END",
    "lw_subscript(a, i)": """
      a[CASE WHEN i = 0 THEN lw_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
        WHEN i < 0 THEN lw_fail('INVALID_FUNCTION_ARGUMENT: Array subscript is negative: ' || i)
        WHEN i > len(a) THEN lw_fail('INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: '
          || i || ' > ' || len(a)) ELSE i END]""",
    "lw_map_subscript(m, k)": """
      map_extract_value(m, [k][CASE WHEN m IS NOT NULL AND k IS NOT NULL AND NOT map_contains(m, k)
        THEN lw_fail('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || k) ELSE 1 END])""",
    "lw_element_at(a, i)": """
      CASE WHEN i = 0 THEN a[lw_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')] ELSE a[i] END""",
    "lw_slice(a, s, n)": """
      CASE WHEN a IS NULL OR s IS NULL OR n IS NULL THEN NULL
      WHEN s = 0 THEN a[lw_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1'):1]
      WHEN n < 0 THEN a[lw_fail('INVALID_FUNCTION_ARGUMENT: length must be greater than or equal to 0'):1]
      WHEN n = 0 OR abs(s) > len(a) THEN a[1:0]
      WHEN s > 0 THEN a[s:s + n - 1] ELSE a[len(a) + s + 1:len(a) + s + n] END""",
    "lw_contains(a, x)": """
      CASE WHEN a IS NULL OR x IS NULL THEN NULL WHEN list_contains(a, x) THEN TRUE
      WHEN len(a) > list_count(a) THEN NULL ELSE FALSE END""",
    "lw_position(a, x)": "CASE WHEN a IS NULL OR x IS NULL THEN NULL ELSE coalesce(list_position(a, x), 0) END",
    "lw_any(l)": """
      CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, TRUE) THEN TRUE
      WHEN len(l) > list_count(l) THEN NULL ELSE FALSE END""",
    "lw_all(l)": """
      CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, FALSE) THEN FALSE
      WHEN len(l) > list_count(l) THEN NULL ELSE TRUE END""",
    "lw_none(l)": """
      CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, TRUE) THEN FALSE
      WHEN len(l) > list_count(l) THEN NULL ELSE TRUE END""",
    "lw_distinct(a)": """
      list_filter(a, lambda x, i: CASE WHEN x IS NULL
        THEN len(list_filter(a[1:i - 1], lambda y: y IS NULL)) = 0 ELSE list_position(a, x) = i END)""",
    "lw_remove(a, x)": "CASE WHEN x IS NULL THEN NULL ELSE list_filter(a, lambda e: e IS NULL OR e <> x) END",
    "lw_intersect(a, b)": """
      CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_filter(lw_distinct(a), lambda e: lw_holds(b, e)) END""",
    "lw_except(a, b)": """
      CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_filter(lw_distinct(a), lambda e: NOT lw_holds(b, e)) END""",
    "lw_overlap(a, b)": """
      CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN list_has_any(a, b) THEN TRUE
      WHEN (len(a) > list_count(a) AND len(b) > 0) OR (len(b) > list_count(b) AND len(a) > 0) THEN NULL ELSE FALSE END""",
    "lw_holds(a, x)": """
      CASE WHEN x IS NULL THEN len(a) > list_count(a) ELSE list_contains(a, x) END""",
    "lw_max(a)": "CASE WHEN len(a) > list_count(a) THEN NULL ELSE list_max(a) END",
    "lw_min(a)": "CASE WHEN len(a) > list_count(a) THEN NULL ELSE list_min(a) END",
    "lw_sequence(a, b, s)": """
      CASE WHEN s = 0 OR (b > a AND s < 0) OR (b < a AND s > 0)
      THEN generate_series(lw_fail('INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to '
        || 'start value if step is greater than zero otherwise stop should be less than or equal to start'), b, s)
      ELSE generate_series(a, b, s) END""",
    "lw_repeat(x, n)": "list_transform(range(greatest(n, 0)), lambda i: x)",
    "lw_map(k, v)": """
      map(CASE WHEN len(k) <> len(v)
        THEN [k[lw_fail('INVALID_FUNCTION_ARGUMENT: Key and value arrays must be the same length')]] ELSE k END, v)""",
    "lw_trim_array(a, n)": """
      CASE WHEN n < 0 OR n > len(a)
      THEN a[lw_fail('INVALID_FUNCTION_ARGUMENT: size must not exceed array cardinality ' || len(a) || ': ' || n):1]
      ELSE a[1:len(a) - n] END""",
}

BODIES: Mapping[str, str] = {**_NUMBERS, **_ARRAYS, **TEXT_MACROS, **TIME_MACROS, **JSON_MACROS}
SETTINGS = "SET TimeZone = 'UTC';\n"
_CALLED = re.compile(r"\blw_\w+")


def _statement(head: str, body: str) -> str:
    return f"CREATE OR REPLACE MACRO {head} AS ({body.strip()});\n"


_STATEMENTS = {head.partition("(")[0]: _statement(head, body) for head, body in BODIES.items()}
_NEEDS = {head.partition("(")[0]: tuple(dict.fromkeys(_CALLED.findall(body))) for head, body in BODIES.items()}
MACROS = SETTINGS + "".join(_STATEMENTS.values())


@lru_cache(maxsize=512)
def _with_needed(name: str) -> tuple[str, ...]:
    found: list[str] = []
    for other in _NEEDS[name]:
        found += [one for one in _with_needed(other) if one not in found]
    return (*found, name)


def prelude(sql: str) -> str:
    """The settings and macros that `sql` needs, to run before it in a fresh instance."""
    names: dict[str, None] = {}
    for called in dict.fromkeys(_CALLED.findall(sql)):
        if called in _NEEDS:
            names.update(dict.fromkeys(_with_needed(called)))
    return SETTINGS + "".join(_STATEMENTS[name] for name in names)
