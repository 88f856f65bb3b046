"""Macros for strings."""

# ruff: noqa: E501 (SQL)

from __future__ import annotations

from collections.abc import Mapping

_WHITE = (
    *range(9, 14),
    *range(28, 33),
    0x1680,
    *range(0x2000, 0x2007),
    *range(0x2008, 0x200B),
    0x2028,
    0x2029,
    0x205F,
    0x3000,
)
_BLANKS = "'" + "".join(map(chr, _WHITE)) + "'"
"""What Java calls whitespace."""

TEXT_MACROS: Mapping[str, str] = {
    "lw_substr(s, p)": """
      CASE WHEN p > 0 THEN substring(s, p) WHEN p = 0 OR -p > length(s) THEN CASE WHEN s IS NULL THEN NULL ELSE '' END
      ELSE substring(s, length(s) + p + 1) END""",
    "lw_substr_length(s, p, n)": """
      CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL
      WHEN n <= 0 OR p = 0 OR abs(p) > length(s) THEN ''
      WHEN p > 0 THEN substring(s, p, n) ELSE substring(s, length(s) + p + 1, n) END""",
    "lw_strpos(s, part)": "CASE WHEN part = '' AND s IS NOT NULL THEN 1 ELSE instr(s, part) END",
    "lw_strpos_nth(s, part, n)": """
      CASE WHEN s IS NULL OR part IS NULL OR n IS NULL THEN NULL
      WHEN n = 0 THEN lw_fail('INVALID_FUNCTION_ARGUMENT: ''instance'' must be a positive or negative number.')
      WHEN part = '' THEN 1
      WHEN len(string_split(s, part)) - 1 < abs(n) THEN 0
      WHEN n > 0 THEN length(array_to_string(string_split(s, part)[1:n], part)) + 1
      ELSE length(array_to_string(string_split(s, part)[1:len(string_split(s, part)) + n], part)) + 1 END""",
    "lw_split(s, d)": """
      CASE WHEN d = '' THEN [CAST(lw_fail('INVALID_FUNCTION_ARGUMENT: The delimiter may not be the empty string') AS VARCHAR)]
      ELSE string_split(s, d) END""",
    "lw_split_limit(s, d, n)": """
      CASE WHEN n <= 0 THEN [CAST(lw_fail('INVALID_FUNCTION_ARGUMENT: Limit must be positive') AS VARCHAR)]
      WHEN len(lw_split(s, d)) <= n THEN lw_split(s, d)
      ELSE list_append(lw_split(s, d)[1:n - 1], array_to_string(lw_split(s, d)[n:], d)) END""",
    "lw_split_part(s, d, n)": """
      CASE WHEN n <= 0 THEN CAST(lw_fail('INVALID_FUNCTION_ARGUMENT: Index must be greater than zero') AS VARCHAR)
      ELSE lw_split(s, d)[n] END""",
    "lw_lpad(s, n, pad)": """
      CASE WHEN n < 0 OR pad = '' THEN CAST(lw_fail('INVALID_FUNCTION_ARGUMENT: Padding string must not be empty') AS VARCHAR)
      ELSE lpad(s, CAST(n AS INTEGER), pad) END""",
    "lw_rpad(s, n, pad)": """
      CASE WHEN n < 0 OR pad = '' THEN CAST(lw_fail('INVALID_FUNCTION_ARGUMENT: Padding string must not be empty') AS VARCHAR)
      ELSE rpad(s, CAST(n AS INTEGER), pad) END""",
    "lw_replace(s, old, new)": """
      CASE WHEN old = '' THEN new || array_to_string(list_transform(string_split(s, ''), lambda c: c || new), '')
      ELSE replace(s, old, new) END""",
    "lw_codepoint(s)": """
      CASE WHEN length(s) <> 1 THEN lw_fail('INVALID_FUNCTION_ARGUMENT: Input must be a single character string')
      ELSE unicode(s) END""",
    "lw_hamming(a, b)": """
      CASE WHEN length(a) <> length(b)
      THEN lw_fail('INVALID_FUNCTION_ARGUMENT: The input strings to hamming_distance function must have the same length')
      ELSE list_sum(list_transform(range(1, length(a) + 1),
        lambda i: CASE WHEN substring(a, i, 1) <> substring(b, i, 1) THEN 1 ELSE 0 END)) END""",
    "lw_array_join(a, d)": "array_to_string(list_filter(a, lambda x: x IS NOT NULL), d)",
    "lw_array_join_null(a, d, n)": "array_to_string(list_transform(a, lambda x: coalesce(x, n)), d)",
    "lw_split_to_map(s, d, e)": """
      map_from_entries(list_transform(string_split(s, d), lambda part: struct_pack(
        key := split_part(part, e, 1), value := substring(part, length(split_part(part, e, 1)) + length(e) + 1))))""",
    "lw_upper(s)": """
      CASE WHEN contains(s, 'ß') THEN replace(upper(replace(s, 'ß', chr(1))), chr(1), 'ß') ELSE upper(s) END""",
    "lw_lower(s)": "lower(s)",
    "lw_ascii(s)": """
      CASE WHEN strlen(s) = length(s) THEN s ELSE CASE WHEN s IS NULL THEN NULL
        ELSE CAST(lw_fail('NOT_SUPPORTED: levenshtein_distance of text outside ASCII') AS VARCHAR) END END""",
    "lw_one_line(s)": r"""
      CASE WHEN regexp_matches(s, '[\n\r\x{85}\x{2028}\x{2029}]\z')
      THEN CAST(lw_fail('NOT_SUPPORTED: $ in a pattern, and a text that ends with a line end') AS VARCHAR) ELSE s END""",
    "lw_trim(s)": f"trim(s, {_BLANKS})",
    "lw_ltrim(s)": f"ltrim(s, {_BLANKS})",
    "lw_rtrim(s)": f"rtrim(s, {_BLANKS})",
    "lw_url_part(u, place)": r"""
      regexp_extract(u, '^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$', place)""",
    "lw_url_host(u)": r"regexp_extract(lw_url_part(u, 2), '^(?:[^@]*@)?([^:]*)', 1)",
    "lw_url_encode(s)": "replace(replace(replace(url_encode(s), '%20', '+'), '%2A', '*'), '~', '%7E')",
    "lw_url_path(u)": "lw_url_part(u, 3)",
    "lw_url_port(u)": r"CAST(nullif(regexp_extract(lw_url_part(u, 2), ':([0-9]+)$', 1), '') AS BIGINT)",
    "lw_url_parameter(u, name)": r"""
      list_transform(list_filter(string_split(lw_url_part(u, 4), '&'),
        lambda part: split_part(part, '=', 1) = name),
        lambda part: url_decode(substring(part, length(split_part(part, '=', 1)) + 2)))[1]""",
    "lw_reverse(s)": """
      array_to_string(list_reverse(list_transform(range(1, length(s) + 1), lambda i: substring(s, i, 1))), '')""",
}
