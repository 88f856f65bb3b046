"""Strings and binary values."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "length": {"varchar -> bigint": "length({0})", "varbinary -> bigint": "octet_length({0})"},
    "upper": {"varchar -> SAME": "lw_upper({0})"},
    "lower": {"varchar -> SAME": "lw_lower({0})"},
    "trim": {"varchar -> SAME": "lw_trim({0})", "varchar, varchar -> SAME": "trim({0}, {1})"},
    "ltrim": {"varchar -> SAME": "lw_ltrim({0})", "varchar, varchar -> SAME": "ltrim({0}, {1})"},
    "rtrim": {"varchar -> SAME": "lw_rtrim({0})", "varchar, varchar -> SAME": "rtrim({0}, {1})"},
    "substr": {
        "varchar, bigint -> SAME": "lw_substr({0}, {1})",
        "varchar, bigint, bigint -> SAME": "lw_substr_length({0}, {1}, {2})",
    },
    "reverse": {"varchar -> SAME": "lw_reverse({0})", "array(T) -> array(T)": "list_reverse({0})"},
    "lpad": {"varchar, bigint, varchar -> varchar": "lw_lpad({0}, {1}, {2})"},
    "rpad": {"varchar, bigint, varchar -> varchar": "lw_rpad({0}, {1}, {2})"},
    "strpos": {
        "varchar, varchar -> bigint": "lw_strpos({0}, {1})",
        "varchar, varchar, bigint -> bigint": "lw_strpos_nth({0}, {1}, {2})",
    },
    "starts_with": {"varchar, varchar -> boolean": "starts_with({0}, {1})"},
    "split": {
        "varchar, varchar -> array(SAME)": "lw_split({0}, {1})",
        "varchar, varchar, bigint -> array(SAME)": "lw_split_limit({0}, {1}, {2})",
    },
    "split_part": {"varchar, varchar, bigint -> SAME": "lw_split_part({0}, {1}, {2})"},
    "split_to_map": {"varchar, varchar, varchar -> map(varchar, varchar)": "lw_split_to_map({0}, {1}, {2})"},
    "chr": {"bigint -> CHARA": "chr(CAST({0} AS INTEGER))"},
    "codepoint": {"varchar -> integer": "lw_codepoint({0})"},
    "translate": {"varchar, varchar, varchar -> varchar": "translate({0}, {1}, {2})"},
    "levenshtein_distance": {"varchar, varchar -> bigint": "levenshtein(lw_ascii({0}), lw_ascii({1}))"},
    "hamming_distance": {"varchar, varchar -> bigint": "CAST(lw_hamming({0}, {1}) AS BIGINT)"},
    "to_hex": {"varbinary -> varchar": "hex({0})"},
    "from_hex": {"varchar -> varbinary": "unhex({0})"},
    "to_base64": {"varbinary -> varchar": "to_base64({0})"},
    "from_base64": {"varchar -> varbinary": "from_base64({0})"},
    "to_utf8": {"varchar -> varbinary": "encode({0})"},
    "from_utf8": {"varbinary -> varchar": "decode({0})"},
    "md5": {"varbinary -> varbinary": "unhex(md5({0}))"},
    "sha1": {"varbinary -> varbinary": "unhex(sha1({0}))"},
    "sha256": {"varbinary -> varbinary": "unhex(sha256({0}))"},
    "url_decode": {"varchar -> SAME": "url_decode(replace({0}, '+', ' '))"},
    "url_extract_host": {"varchar -> SAME": "lw_url_host({0})"},
    "url_extract_path": {"varchar -> SAME": "lw_url_path({0})"},
    "url_extract_protocol": {"varchar -> SAME": "lw_url_part({0}, 1)"},
    "url_extract_query": {"varchar -> SAME": "lw_url_part({0}, 4)"},
    "url_extract_fragment": {"varchar -> SAME": "lw_url_part({0}, 5)"},
    "url_extract_port": {"varchar -> bigint": "lw_url_port({0})"},
    "url_extract_parameter": {"varchar, varchar -> SAME": "lw_url_parameter({0}, {1})"},
    "json_extract_scalar": {},
}
del TEXTS["json_extract_scalar"]
