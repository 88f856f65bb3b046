/* lakewright
kind: incremental_by_key
key: category
owner: data-platform
description: Measurements per category.
columns:
  category: {type: string, description: What was measured.}
  record_count: {type: bigint, description: Measurements.}
  avg_value: {type: double, description: Their mean.}
*/
SELECT
  category,
  COUNT(*) AS record_count,
  CAST(SUM(value) AS DOUBLE) / NULLIF(CAST(COUNT(value) AS DOUBLE), 0) AS avg_value
FROM silver.sample_data
GROUP BY category
