"""DuckDB settings and macros that make its functions Spark's; run once in every DuckDB instance."""

from __future__ import annotations

import re

from lakewright.models.dialect.json_macros import JSON_MACROS

_BLANK = r"[\x00-\x20\x7f]*"  # what Spark cuts off around a text before it casts it
_TRIMMED = r"[\x00-\x20]*"  # what Java's trim cuts off: decimals and doubles are read that way
_DAY = r"([+-]?[0-9]{4,7})(?:-([0-9]{1,2})(?:-([0-9]{1,2})"
_DATE = rf"^(?s:{_BLANK}{_DAY}(?:[ T].*)?)?)?{_BLANK})$"
_ZONE = r"(?: ?(?:Z|UTC|GMT|UT)| ?(?:UTC|GMT|UT)?([+-])([0-9]{1,2})(?::?([0-9]{1,2}))?)?"
_HOUR = r"([01]?[0-9]|2[0-3])"
_FRACTION = r"([0-5]?[0-9])(?:\.([0-9]*))?"
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_INTEGER = rf"^{_BLANK}([+-]?[0-9]+){_BLANK}$"
_DECIMAL = rf"^{_TRIMMED}({_NUMBER}){_TRIMMED}$"
_DOUBLE = rf"^{_TRIMMED}({_NUMBER})[dDfF]?{_TRIMMED}$"


def _uncaptured(pattern: str) -> str:
    """The same pattern without groups to extract; DuckDB extracts nine groups at most."""
    return re.sub(r"\((?!\?)", "(?:", pattern)


def _moment(day: str, hour: str, minute: str, second: str, zone: str) -> str:
    return rf"^{_BLANK}{day}(?:[ T]{hour}(?::{minute}(?::{second}{zone})?)?)?)?)?{_BLANK}$"


_MINUTE = "([0-9]{1,2})"
_TIME = _moment(_DAY, _HOUR, _MINUTE, _FRACTION, _uncaptured(_ZONE))
_USUAL_TIME = (  # what DuckDB reads just as well, and faster
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?$"
)
_OFFSET_IN_TIME = _moment(_uncaptured(_DAY), _uncaptured(_HOUR), _uncaptured(_MINUTE), _uncaptured(_FRACTION), _ZONE)


def _part(pattern: str, group: int, default: int) -> str:
    """Group `group` of a match as a whole number, `default` where it is left out."""
    found = f"regexp_extract(s, '{pattern}', {group})"
    return f"CASE {found} WHEN '' THEN {default} ELSE CAST({found} AS INTEGER) END"


_OFFSET = f"({_part(_OFFSET_IN_TIME, 2, 0)} * 60 + {_part(_OFFSET_IN_TIME, 3, 0)})"
_DIGITS = "".join(chr(zero + digit) for zero in (0xFF10, 0x0660, 0x06F0, 0x0966) for digit in range(10))
_LONG_CAPITALS = [
    chr(code)
    for low, high in ((0xDF, 0xDF), (0x149, 0x1F0), (0x390, 0x3B0), (0x587, 0x587), (0x1E96, 0x1FFC), (0xFB00, 0xFB17))
    for code in range(low, high + 1)
    if len(chr(code).upper()) > 1
]


def _capitals(text: str) -> str:
    """ß is SS in Java: letters whose capital is longer are replaced before DuckDB makes capitals of the rest."""
    for small in _LONG_CAPITALS:
        text = f"replace({text}, '{small}', '{small.upper()}')"
    return f"upper({text})"


_BODIES = {
    "lw_divide(a, b, unit)": """
      (a // b) * unit + ((a % b) * unit) // b
      + CASE WHEN 2 * abs(((a % b) * unit) % b) >= abs(b) THEN CASE WHEN (a < 0) = (b < 0) THEN 1 ELSE -1 END
        ELSE 0 END""",
    "lw_divide_once(a, b, unit)": """
      CASE WHEN (a < 0) = (b < 0) THEN 1 ELSE -1 END * ((2 * unit * abs(a) + abs(b)) // (2 * abs(b)))""",
    "lw_unscaled(x, unit, places)": """
      CAST(trunc(x) AS HUGEINT) * unit + CAST(replace(CAST(x - trunc(x) AS VARCHAR), '.', '') AS HUGEINT)""",
    "lw_floor_divide(a, b)": "(a - ((a % b + b) % b)) // b",
    "lw_lower(s)": r"""
      CASE WHEN strlen(s) = length(s) THEN lower(s)
      ELSE lower(regexp_replace(replace(s, 'İ', 'i̇'),
        '([\p{Lu}\p{Ll}\p{Lt}]\pM*)Σ(\z|[^\pL\pM])', '\1ς\2', 'g')) END""",
    "lw_upper(s)": f"""
      CASE WHEN strlen(s) = length(s) OR NOT regexp_matches(s, '[{"".join(_LONG_CAPITALS)}]') THEN upper(s)
      ELSE {_capitals("s")} END""",
    "lw_start(s, p)": "CASE WHEN p > 0 THEN p - 1 WHEN p < 0 THEN length(s) + p ELSE 0 END",
    "lw_substring(s, p, n)": """
      substring(s, greatest(lw_start(s, p), 0) + 1,
        CASE WHEN n IS NULL OR p IS NULL THEN NULL
        ELSE greatest(least(length(s), lw_start(s, p) + CAST(n AS BIGINT)) - greatest(lw_start(s, p), 0), 0) END)""",
    "lw_replace(s, old, new)": "CASE WHEN old = '' THEN s ELSE replace(s, old, new) END",
    "lw_instr(s, part)": "CAST(CASE WHEN part = '' AND s IS NOT NULL THEN 1 ELSE instr(s, part) END AS INTEGER)",
    "lw_ascii_digits(s)": f"""
      CASE WHEN strlen(s) = length(s) THEN s ELSE translate(s, '{_DIGITS}', '{"0123456789" * 4}') END""",
    "lw_integer_text(s)": f"nullif(regexp_extract(s, '{_INTEGER}', 1), '')",
    # DuckDB rounds 97e-7 up to 0.01: exponents are written out before it reads a decimal
    "lw_shifted(sign, digits, point)": """
      CASE WHEN point < -60 THEN '0' WHEN point <= 0 THEN sign || '0.' || repeat('0', -point) || digits
      WHEN point >= length(digits) THEN sign || digits || repeat('0', point - length(digits))
      ELSE sign || left(digits, point) || '.' || substring(digits, point + 1) END""",
    "lw_written_out(number, power)": """
      CASE WHEN length(coalesce(nullif(ltrim(regexp_replace(number, '[+.-]', '', 'g'), '0'), ''), '0'))
        - length(split_part(number, '.', 2)) + power > 38 THEN NULL
      ELSE lw_shifted(CASE WHEN starts_with(number, '-') THEN '-' ELSE '' END,
        regexp_replace(number, '[+.-]', '', 'g'),
        length(regexp_replace(number, '[+.-]', '', 'g')) - length(split_part(number, '.', 2)) + power) END""",
    "lw_plain_number(t)": """
      CASE WHEN contains(t, 'e')
      THEN lw_written_out(split_part(t, 'e', 1), TRY_CAST(split_part(t, 'e', 2) AS INTEGER)) ELSE t END""",
    "lw_decimal_text(s)": f"""
      lw_plain_number(nullif(regexp_extract(lower(lw_ascii_digits(s)), '{_DECIMAL}', 1), ''))""",
    "lw_to_double(s)": f"""
      CASE WHEN regexp_matches(s, '{_DOUBLE}') THEN TRY_CAST(regexp_extract(s, '{_DOUBLE}', 1) AS DOUBLE)
      ELSE CASE regexp_extract(lower(s), '^{_TRIMMED}([+-]?[a-z]+){_TRIMMED}$', 1)
        WHEN 'nan' THEN CAST('nan' AS DOUBLE) WHEN 'infinity' THEN CAST('inf' AS DOUBLE)
        WHEN '+infinity' THEN CAST('inf' AS DOUBLE) WHEN '-infinity' THEN CAST('-inf' AS DOUBLE)
        WHEN 'inf' THEN CAST('inf' AS DOUBLE) WHEN '+inf' THEN CAST('inf' AS DOUBLE)
        WHEN '-inf' THEN CAST('-inf' AS DOUBLE) END END""",
    "lw_to_boolean(s)": f"""
      CASE regexp_extract(lower(s), '^{_BLANK}([a-z01]+){_BLANK}$', 1)
      WHEN 't' THEN TRUE WHEN 'true' THEN TRUE WHEN 'y' THEN TRUE WHEN 'yes' THEN TRUE WHEN '1' THEN TRUE
      WHEN 'f' THEN FALSE WHEN 'false' THEN FALSE WHEN 'n' THEN FALSE WHEN 'no' THEN FALSE WHEN '0' THEN FALSE END""",
    "lw_to_date(s)": f"""
      CASE WHEN regexp_matches(s, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$') THEN TRY_CAST(s AS DATE)
      ELSE TRY(make_date(TRY_CAST(regexp_extract(s, '{_DATE}', 1) AS INTEGER),
        {_part(_DATE, 2, 1)}, {_part(_DATE, 3, 1)})) END""",
    "lw_to_timestamp(s)": f"""
      CASE WHEN regexp_matches(s, '{_USUAL_TIME}') THEN CAST(TRY_CAST(s AS TIMESTAMP) AS TIMESTAMP WITH TIME ZONE)
      WHEN NOT regexp_matches(s, '{_TIME}') THEN NULL
      WHEN {_OFFSET} > 1080 OR {_part(_OFFSET_IN_TIME, 3, 0)} > 59 THEN NULL
      ELSE CAST(
        TRY(make_timestamp(CAST(regexp_extract(s, '{_TIME}', 1) AS BIGINT),
          {_part(_TIME, 2, 1)}, {_part(_TIME, 3, 1)},
          {_part(_TIME, 4, 0)}, {_part(_TIME, 5, 0)}, CAST({_part(_TIME, 6, 0)} AS DOUBLE)))
        + to_microseconds(CAST(left(rpad(regexp_extract(s, '{_TIME}', 7), 6, '0'), 6) AS BIGINT))
        - to_minutes(CASE regexp_extract(s, '{_OFFSET_IN_TIME}', 1) WHEN '-' THEN -1 ELSE 1 END * {_OFFSET})
        AS TIMESTAMP WITH TIME ZONE) END""",
    "lw_timestamp_text(t)": """
      strftime(t, '%Y-%m-%d %H:%M:%S')
      || CASE WHEN epoch_us(t) % 1000000 = 0 THEN '' ELSE rtrim('.' || strftime(t, '%f'), '0') END""",
    "lw_array_contains(items, item)": """
      CASE WHEN items IS NULL OR item IS NULL THEN NULL WHEN list_contains(items, item) THEN TRUE
      WHEN len(items) > list_count(items) THEN NULL ELSE FALSE END""",
    "lw_sequence(a, b)": "generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END)",
    "lw_sequence_days(a, b, step)": """
      CASE WHEN a > b THEN error('sequence: the start lies after the end')
      ELSE list_transform(generate_series(0, b - a, step), lambda k: CAST(a + CAST(k AS INTEGER) AS DATE)) END""",
    "lw_sequence_months(a, b, step)": """
      CASE WHEN a > b THEN error('sequence: the start lies after the end')
      ELSE list_filter(
        list_transform(generate_series(0, datediff('month', a, b), step),
          lambda k: CAST(a + to_months(CAST(k AS INTEGER)) AS DATE)),
        lambda d: d <= b) END""",
    **JSON_MACROS,
}

MACROS = "SET GLOBAL TimeZone = 'UTC';\n" + "".join(
    f"CREATE OR REPLACE MACRO {name} AS ({body.strip()});\n" for name, body in _BODIES.items()
)
