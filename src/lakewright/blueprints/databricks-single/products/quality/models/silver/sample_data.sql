/* lakewright
kind: incremental_by_key
key: id
owner: data-platform
description: Measurements that are good enough to be used.
columns:
  id: {type: bigint, description: Measurement.}
  category: {type: string, description: What was measured.}
  value: {type: "decimal(12,2)", description: Measured value.}
  quality_score: {type: double, description: "Confidence of the sensor, 0 to 1."}
checks:
  - {name: good_quality, expect: quality_score > 0.8, on_failure: quarantine, message: quality score of 0.8 or less}
*/
SELECT
  id,
  category,
  value,
  quality_score
FROM bronze.sample_data
