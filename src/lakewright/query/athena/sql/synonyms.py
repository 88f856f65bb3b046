"""Functions that Trino knows under two names; the parser writes the second."""

from __future__ import annotations

from collections.abc import Mapping

SYNONYMS: Mapping[str, str] = {
    "substring": "substr",
    "ceil": "ceiling",
    "pow": "power",
    "day": "day_of_month",
    "dow": "day_of_week",
    "doy": "day_of_year",
    "week_of_year": "week",
    "yow": "year_of_week",
    "arbitrary": "any_value",
    "stddev": "stddev_samp",
    "variance": "var_samp",
    "every": "bool_and",
}
