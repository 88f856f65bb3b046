"""Macros for JSON."""

from __future__ import annotations

from collections.abc import Mapping

JSON_MACROS: Mapping[str, str] = {
    "lw_json_parse(s)": """
      CASE WHEN s IS NULL THEN NULL WHEN json_valid(s) THEN CAST(json(s) AS VARCHAR)
      ELSE CAST(lw_fail('INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: ''' || s || '''') AS VARCHAR) END""",
}
