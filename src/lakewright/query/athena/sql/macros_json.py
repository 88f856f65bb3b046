"""Macros for JSON. A text that is broken, or whose numbers DuckDB would write otherwise than Trino, fails."""

# ruff: noqa: E501 (SQL)

from __future__ import annotations

from collections.abc import Mapping

from lakewright.models.dialect.json_macros import JSON_MACROS as SHARED

_NO_STRINGS = r"""regexp_replace(s, '"(?:[^"\\]|\\.)*"', '""', 'g')"""
_BROKEN = "NOT_SUPPORTED: broken JSON, or JSON with unusual numbers, is not supported"

JSON_MACROS: Mapping[str, str] = {
    "lw_json_strict(s)": SHARED["lw_json_strict(s)"],
    "lw_json_in(s)": rf"""
      CASE WHEN s IS NULL THEN NULL WHEN lw_json_strict(s) THEN s
      WHEN regexp_matches(s, '^\s*[\[{{"0-9-]') THEN CAST(lw_fail('{_BROKEN}') AS VARCHAR) END""",
    "lw_json_parse(s)": """
      CASE WHEN s IS NULL THEN NULL WHEN lw_json_strict(s) THEN s
      ELSE CAST(lw_fail('INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: ''' || s || '''') AS VARCHAR) END""",
    "lw_json_plain(s)": rf"""
      NOT regexp_matches({_NO_STRINGS}, '\.[0-9]+0([^0-9]|$)|[0-9][eE]|[0-9.]{{17,}}')""",
    "lw_json_scalar(s, path)": f"""
      CASE WHEN json_type(s, path) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL
      WHEN json_type(s, path) = 'DOUBLE' AND NOT lw_json_plain(s)
      THEN CAST(lw_fail('{_BROKEN}') AS VARCHAR) ELSE json_extract_string(s, path) END""",
    "lw_json_member_scalar(s, path, key)": f"""
      CASE WHEN json_type(s, path) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL
      WHEN json_type(s, path) = 'DOUBLE' AND NOT lw_json_plain(s)
      THEN CASE WHEN len(regexp_extract_all(s, key)) = 1 THEN regexp_extract(s, key || '([0-9.eE+-]+)', 1)
        ELSE CAST(lw_fail('{_BROKEN}') AS VARCHAR) END
      ELSE json_extract_string(s, path) END""",
    "lw_json_varchar(j)": """
      CASE WHEN json_type(j) IN ('OBJECT', 'ARRAY')
      THEN CAST(lw_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || j || ''' to varchar') AS VARCHAR)
      ELSE lw_json_scalar(j, '$') END""",
    "lw_json_integer(j, kind)": """
      CASE WHEN j IS NULL THEN NULL WHEN json_type(j) = 'NULL' THEN NULL
      WHEN json_type(j) = 'DOUBLE' THEN CAST(CAST(lw_round_half_up(CAST(json_extract_string(j, '$') AS DOUBLE)) AS HUGEINT) AS VARCHAR)
      WHEN json_type(j) = 'BOOLEAN' THEN CASE WHEN json_extract_string(j, '$') = 'true' THEN '1' ELSE '0' END
      WHEN json_type(j) IN ('OBJECT', 'ARRAY')
      THEN CAST(lw_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || j || ''' to ' || kind) AS VARCHAR)
      ELSE lw_integer(json_extract_string(j, '$'), kind) END""",
    "lw_json_double(j)": """
      CASE WHEN j IS NULL THEN NULL WHEN json_type(j) = 'NULL' THEN NULL
      WHEN json_type(j) = 'BOOLEAN' THEN CASE WHEN json_extract_string(j, '$') = 'true' THEN 1.0 ELSE 0.0 END
      WHEN json_type(j) IN ('OBJECT', 'ARRAY')
      THEN lw_fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || j || ''' to DOUBLE')
      ELSE lw_double(json_extract_string(j, '$')) END""",
    "lw_json_boolean(j)": """
      CASE WHEN j IS NULL THEN NULL WHEN json_type(j) = 'NULL' THEN NULL
      WHEN json_type(j) IN ('BOOLEAN', 'VARCHAR') THEN lw_boolean(json_extract_string(j, '$'))
      ELSE CAST('!NOT_SUPPORTED: Cannot cast a JSON number to BOOLEAN here' AS BOOLEAN) END""",
    "lw_json_list(j)": """
      CASE WHEN j IS NULL OR json_type(j) = 'NULL' THEN NULL
      WHEN json_type(j) = 'ARRAY' THEN CAST(CAST(j AS JSON) AS JSON[])
      ELSE [CAST(CAST(lw_fail('INVALID_CAST_ARGUMENT: Cannot cast to array. Expected a json array') AS VARCHAR) AS JSON)] END""",
    "lw_json_keys(j)": """
      CASE WHEN j IS NULL OR json_type(j) = 'NULL' THEN NULL WHEN json_type(j) = 'OBJECT' THEN json_keys(j)
      ELSE [CAST(lw_fail('INVALID_CAST_ARGUMENT: Cannot cast to map. Expected a json object') AS VARCHAR)] END""",
    "lw_json_member(j, k)": "CAST(json_extract(j, '/' || replace(replace(k, '~', '~0'), '/', '~1')) AS VARCHAR)",
    "lw_json_quote(s)": "CAST(to_json(s) AS VARCHAR)",
    "lw_json_size(s, path)": """
      CASE json_type(s, path) WHEN 'OBJECT' THEN len(json_keys(s, path)) WHEN 'ARRAY' THEN json_array_length(s, path)
      ELSE CASE WHEN json_type(s, path) IS NULL THEN NULL ELSE 0 END END""",
    "lw_json_format(s)": rf"""
      CASE WHEN s IS NULL THEN NULL
      WHEN lw_json_plain(s) AND NOT contains(s, '\') AND NOT regexp_matches(s, '"[^"]*":.*,\s*"[^"]*":')
      THEN CAST(json(s) AS VARCHAR) ELSE CAST(lw_fail('{_BROKEN}') AS VARCHAR) END""",
}
