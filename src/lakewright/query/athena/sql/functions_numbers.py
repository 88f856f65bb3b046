"""Mathematical functions."""

from __future__ import annotations

_EACH = ("tinyint", "smallint", "integer", "bigint")


def _same(text: str, *kinds: str) -> dict[str, str]:
    return {f"{kind} -> {kind}": text for kind in kinds}


def _double(text: str) -> dict[str, str]:
    return {"double -> double": text}


NUMBERS: dict[str, dict[str, str]] = {
    "abs": _same("abs({0})", *_EACH, "real", "double") | {"decimal -> SAME": "abs({0})"},
    "sign": {f"{kind} -> {kind}": f"CAST(sign({{0}}) AS {kind.upper()})" for kind in (*_EACH, "double")}
    | {"real -> real": "CAST(sign({0}) AS FLOAT)"},
    "ceiling": _same("{0}", *_EACH) | _same("ceil({0})", "real", "double"),
    "floor": _same("{0}", *_EACH) | _same("floor({0})", "real", "double"),
    "round": _same("{0}", *_EACH)
    | _same("lw_round({0})", "double")
    | _same("CAST(lw_round(CAST({0} AS DOUBLE)) AS FLOAT)", "real")
    | {"double, bigint -> double": "lw_round_to({0}, {1})"},
    "truncate": _same("lw_truncate({0})", "real", "double"),
    "sqrt": _double("CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt({0}) END"),
    "cbrt": _double("cbrt({0})"),
    "exp": _double("exp({0})"),
    "ln": _double("lw_ln({0})"),
    "log2": _double("log2({0})"),
    "log10": _double("log10({0})"),
    "log": {"double, double -> double": "ln({1}) / ln({0})"},
    "power": {"double, double -> double": "pow({0}, {1})"},
    "sin": _double("sin({0})"),
    "cos": _double("cos({0})"),
    "tan": _double("tan({0})"),
    "asin": _double("asin({0})"),
    "acos": _double("acos({0})"),
    "atan": _double("atan({0})"),
    "atan2": {"double, double -> double": "atan2({0}, {1})"},
    "sinh": _double("sinh({0})"),
    "cosh": _double("cosh({0})"),
    "tanh": _double("tanh({0})"),
    "degrees": _double("degrees({0})"),
    "radians": _double("radians({0})"),
    "pi": {"-> double": "pi()"},
    "e": {"-> double": "exp(1)"},
    "nan": {"-> double": "CAST('NaN' AS DOUBLE)"},
    "infinity": {"-> double": "CAST('Infinity' AS DOUBLE)"},
    "is_nan": {"double -> boolean": "isnan({0})"},
    "is_infinite": {"double -> boolean": "isinf({0})"},
    "is_finite": {"double -> boolean": "isfinite({0})"},
    "width_bucket": {"double, double, double, bigint -> bigint": "lw_width_bucket({0}, {1}, {2}, {3})"},
    "bitwise_and": {"bigint, bigint -> bigint": "{0} & {1}"},
    "bitwise_or": {"bigint, bigint -> bigint": "{0} | {1}"},
    "bitwise_xor": {"bigint, bigint -> bigint": "xor({0}, {1})"},
    "bitwise_not": {"bigint -> bigint": "~{0}"},
    "from_base": {"varchar, bigint -> bigint": "CAST(lw_from_base({0}, {1}) AS BIGINT)"},
    "to_base": {"bigint, bigint -> CHARB": "lw_to_base({0}, CAST({1} AS INTEGER))"},
}
