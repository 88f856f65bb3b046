"""Functions that Trino has and this service does not: refused by name. Others are unknown to both."""

from __future__ import annotations

_NAMES = (
    "approx_most_frequent approx_percentile approx_set array_histogram bar beta_cdf bit_count bitwise_left_shift "
    "bitwise_right_shift bitwise_right_shift_arithmetic bitwise_xor_agg checksum color combinations "
    "contains_sequence cosine_distance cosine_similarity crc32 current_groups current_timezone dot_product "
    "empty_approx_set euclidean_distance exclude_columns format_number from_base32 from_base64url "
    "from_big_endian_32 from_big_endian_64 from_ieee754_32 from_ieee754_64 from_iso8601_timestamp_nanos "
    "from_unixtime_nanos hash_counts hmac_md5 hmac_sha1 hmac_sha256 hmac_sha512 human_readable_seconds "
    "intersection_cardinality inverse_beta_cdf inverse_normal_cdf jaccard_index json_array_contains "
    "json_array_get kurtosis luhn_check make_set_digest map_union map_zip_with merge merge_set_digest "
    "multimap_agg multimap_from_entries murmur3 ngrams normal_cdf normalize numeric_histogram parse_data_size "
    "parse_duration parse_presto_data_size qdigest_agg quantile_at_value rand random reduce_agg render rgb sha512 "
    "shuffle skewness soundex split_to_multimap spooky_hash_v2_32 spooky_hash_v2_64 t_cdf t_pdf tdigest_agg "
    "timezone timezone_hour timezone_minute to_base32 to_base64url to_big_endian_32 to_big_endian_64 "
    "to_ieee754_32 to_ieee754_64 uuid value_at_quantile values_at_quantiles wilson_interval_lower "
    "wilson_interval_upper word_stem xxhash64 "
)
REFUSED = frozenset(_NAMES.split())
