r"""get_json_object as Spark answers: Jackson's leniency about broken JSON, and Java's way to write doubles.

Jackson, as Spark sets it up, reads '…' for "…", takes raw line ends inside strings, and stops behind the first value;
DuckDB's parser takes trailing commas and NaN, which Jackson refuses. Two differences stay, both only with JSON that no
serializer writes: text that mixes both kinds of quotes as delimiters is NULL here, and doubles outside 0.001…10^7 deep
in an extracted object or array keep their own notation.
"""

from __future__ import annotations

_MAX_REPAIR = 100_000  # broken texts longer than this are NULL at once
_WITHOUT_STRINGS = r"""regexp_replace(s, '"(?:[^"\\]|\\.)*"', '""', 'g')"""

JSON_MACROS = {
    "lw_json_strict(s)": rf"""
      json_valid(s) AND (
        NOT regexp_matches(s, ',\s*[\]}}]|[Nn][Aa][Nn]|[Ii]nf|^\s*$')
        OR NOT regexp_matches({_WITHOUT_STRINGS}, ',\s*[\]}}]|[Nn][Aa][Nn]|[Ii]nf|^\s*$'))""",
    "lw_double_digits(v)": """
      regexp_replace(regexp_replace(split_part(v, 'e', 1), '[-.]', '', 'g'), '^0+|0+$', '', 'g')""",
    "lw_double_exponent(d, v)": """
      CASE WHEN contains(v, 'e') THEN CAST(replace(split_part(v, 'e', 2), '+', '') AS INTEGER)
      WHEN abs(d) >= 1 THEN length(split_part(ltrim(v, '-'), '.', 1)) - 1
      ELSE -length(regexp_extract(split_part(v, '.', 2), '^0*')) - 1 END""",
    "lw_double_text(d)": """
      CASE WHEN d IS NULL THEN NULL WHEN isinf(d) THEN CASE WHEN d > 0 THEN '"Infinity"' ELSE '"-Infinity"' END
      WHEN d = 0 OR (abs(d) >= 0.001 AND abs(d) < 10000000) THEN CAST(d AS VARCHAR)
      ELSE CASE WHEN d < 0 THEN '-' ELSE '' END || left(lw_double_digits(CAST(d AS VARCHAR)), 1) || '.'
        || coalesce(nullif(substring(lw_double_digits(CAST(d AS VARCHAR)), 2), ''), '0')
        || 'E' || lw_double_exponent(d, CAST(d AS VARCHAR)) END""",
    "lw_to_java_double(t)": """
      coalesce(TRY_CAST(t AS DOUBLE), CASE WHEN starts_with(t, '-') THEN CAST('-inf' AS DOUBLE)
        ELSE CAST('inf' AS DOUBLE) END)""",
    "lw_json_text(s, path)": """
      CASE WHEN json_type(s, path) = 'DOUBLE' THEN lw_double_text(lw_to_java_double(json_extract_string(s, path)))
      ELSE json_extract_string(s, path) END""",
    "lw_json_inside(part)": r"""
      replace(replace(replace(part, chr(10), '\n'), chr(13), '\r'), chr(9), '\t')""",
    "lw_json_quoted(s)": r"""
      CASE WHEN contains(s, '"') THEN replace(replace(array_to_string(list_transform(
        string_split(replace(replace(s, '\\', chr(1)), '\"', chr(2)), '"'),
        lambda part, place: CASE WHEN place % 2 = 0 THEN lw_json_inside(part) ELSE part END), '"'),
        chr(2), '\"'), chr(1), '\\')
      ELSE replace(s, '''', '"') END""",
    "lw_json_first(s)": """
      CASE WHEN lw_json_strict(s) THEN s
      ELSE left(s, list_filter(generate_series(1, length(s)),
        lambda place: substring(s, place, 1) IN ('}', ']') AND lw_json_strict(left(s, place)))[1]) END""",
    "lw_json(s, path)": rf"""
      CASE WHEN s IS NULL THEN NULL WHEN lw_json_strict(s) THEN lw_json_text(s, path)
      WHEN length(s) < {_MAX_REPAIR} AND regexp_matches(s, '^\s*[\[{{]') AND regexp_matches(s, '[\]}}]')
      THEN list_transform(list_transform([lw_json_quoted(s)], lambda q: lw_json_first(q)),
        lambda v: lw_json_text(v, path))[1] END""",  # lambdas, or DuckDB plans each nested macro dozens of times: 0.5 s
}
