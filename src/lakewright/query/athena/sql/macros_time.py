"""Macros for dates and times."""

# ruff: noqa: E501 (SQL)

from __future__ import annotations

from collections.abc import Mapping

_CAST_TIME = (
    r"^\s*([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?: ([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]{1,12}))?)?)?\s*$"
)


def _group(number: int) -> str:
    return f"coalesce(nullif(regexp_extract(s, '{_CAST_TIME}', {number}), ''), '0')"


TIME_MACROS: Mapping[str, str] = {
    "lw_date_text(d)": """
      CASE WHEN year(d) BETWEEN 0 AND 9999 THEN strftime(d, '%Y-%m-%d') ELSE CAST(d AS VARCHAR) END""",
    "lw_timestamp_text(t, p)": """
      strftime(t, '%Y-%m-%d %H:%M:%S') || CASE WHEN p = 0 THEN '' ELSE '.' || left(strftime(t, '%f'), p) END""",
    "lw_time_text(t, p)": """
      strftime(DATE '2000-01-01' + t, '%H:%M:%S')
      || CASE WHEN p = 0 THEN '' ELSE '.' || left(strftime(DATE '2000-01-01' + t, '%f'), p) END""",
    "lw_day_time_text(n)": """
      CASE WHEN n < 0 THEN '-' ELSE '' END || (abs(n) // 86400000) || ' '
      || lpad(CAST(abs(n) // 3600000 % 24 AS VARCHAR), 2, '0') || ':'
      || lpad(CAST(abs(n) // 60000 % 60 AS VARCHAR), 2, '0') || ':'
      || lpad(CAST(abs(n) // 1000 % 60 AS VARCHAR), 2, '0') || '.' || lpad(CAST(abs(n) % 1000 AS VARCHAR), 3, '0')""",
    "lw_year_month_text(n)": "CASE WHEN n < 0 THEN '-' ELSE '' END || (abs(n) // 12) || '-' || (abs(n) % 12)",
    "lw_date(s)": r"""
      CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(trim(s), '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}')
        AND TRY_CAST(trim(s) AS DATE) IS NOT NULL THEN CAST(trim(s) AS DATE)
      ELSE CAST('!INVALID_CAST_ARGUMENT: Value cannot be cast to date: ' || s AS DATE) END""",
    "lw_timestamp(s, unit)": rf"""
      CASE WHEN s IS NULL THEN NULL WHEN NOT regexp_matches(s, '{_CAST_TIME}') OR CAST({_group(4)} AS INTEGER) > 23
      THEN CAST('!INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: ' || s AS TIMESTAMP)
      ELSE lw_round_timestamp(CAST(regexp_replace(trim(s), '\.[0-9]*$', '')
        || CASE WHEN regexp_matches(s, '^[^:]*:[^:]*$') THEN ':00' ELSE '' END AS TIMESTAMP)
        + to_microseconds(CAST(round(CAST('0.' || {_group(7)} AS DECIMAL(18,12)), 6) * 1000000 AS BIGINT)), unit) END""",
    "lw_time(s, unit)": r"""
      CASE WHEN s IS NULL THEN NULL
      WHEN NOT regexp_full_match(trim(s), '([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\.[0-9]{1,6})?)?')
      THEN CAST('!INVALID_CAST_ARGUMENT: Value cannot be cast to time: ' || s AS TIME)
      ELSE CAST(lw_round_timestamp(CAST('2000-01-01 ' || trim(s)
        || CASE WHEN regexp_matches(s, '^[^:]*:[^:]*$') THEN ':00' ELSE '' END AS TIMESTAMP), unit) AS TIME) END""",
    "lw_round_timestamp(t, unit)": """
      CASE WHEN unit = 1 THEN t ELSE make_timestamp(lw_floor_div(epoch_us(t) + unit // 2, unit) * unit) END""",
    "lw_round_time(t, p)": """
      CAST(lw_round_timestamp(DATE '2000-01-01' + t, CAST(pow(10, 6 - p) AS BIGINT)) AS TIME)""",
    "lw_date_plus(d, n)": """
      d + CAST(CASE WHEN n % 86400000 = 0 THEN n // 86400000
        ELSE lw_fail('INVALID_FUNCTION_ARGUMENT: Cannot add hour, minutes or seconds to a date') END AS INTEGER)""",
    "lw_iso_date(s)": """
      CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}')
        AND TRY_CAST(s AS DATE) IS NOT NULL THEN CAST(s AS DATE)
      ELSE CAST('!INVALID_FUNCTION_ARGUMENT: Invalid format: "' || s || '"' AS DATE) END""",
    "lw_millisecond(t)": "((epoch_us(t) % 1000000 + 1000000) % 1000000) // 1000",
    "lw_iso_timestamp(s)": r"""
      CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s,
        '[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?')
      THEN timezone('UTC', CAST(replace(left(s, 10), 'T', ' ') || ' '
          || coalesce(nullif(regexp_extract(s, 'T([0-9:.]+)', 1), ''), '00:00:00')
          || CASE WHEN regexp_matches(s, 'T[0-9]{2}:[0-9]{2}([Z+-]|$)') THEN ':00' ELSE '' END AS TIMESTAMP)
        - to_minutes(lw_offset(regexp_extract(s, 'T[0-9:.]+(Z|[+-][0-9]{2}:?[0-9]{2})$', 1))))
      ELSE CAST('!INVALID_FUNCTION_ARGUMENT: Invalid format: "' || s || '"' AS TIMESTAMP WITH TIME ZONE) END""",
    "lw_offset(z)": """
      CASE WHEN z IN ('', 'Z') THEN 0 ELSE (CASE WHEN starts_with(z, '-') THEN -1 ELSE 1 END)
        * (CAST(substring(z, 2, 2) AS INTEGER) * 60 + CAST(right(z, 2) AS INTEGER)) END""",
    "lw_fraction(t, n)": "left(strftime(t, '%f'), n)",
    "lw_steps(a, b, n)": """
      CASE WHEN n = 0 OR (b > a AND n < 0) OR (b < a AND n > 0)
      THEN lw_fail('INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to start value if '
        || 'step is greater than zero otherwise stop should be less than or equal to start') ELSE n END""",
    "lw_millis(t)": "lw_floor_div(epoch_us(t), 1000)",
    "lw_months(a, b)": """
      CASE WHEN a IS NULL OR b IS NULL THEN NULL
      WHEN b >= a THEN (year(b) - year(a)) * 12 + month(b) - month(a)
        - CASE WHEN CAST(a AS TIMESTAMP) + to_months(CAST((year(b) - year(a)) * 12 + month(b) - month(a) AS INTEGER)) > b
          THEN 1 ELSE 0 END
      ELSE (year(b) - year(a)) * 12 + month(b) - month(a)
        + CASE WHEN CAST(a AS TIMESTAMP) + to_months(CAST((year(b) - year(a)) * 12 + month(b) - month(a) AS INTEGER)) < b
          THEN 1 ELSE 0 END END""",
    "lw_parsed(s, f)": """
      CASE WHEN s IS NULL THEN NULL ELSE coalesce(try_strptime(s, f),
        CAST('!INVALID_FUNCTION_ARGUMENT: Invalid format: "' || s || '"' AS TIMESTAMP)) END""",
}
