/* lakewright
kind: incremental_by_key
key: [meter, read_at]
owner: digital-data
description: Readings of meters that can be.
columns:
  meter: {type: string, description: The meter.}
  read_at: {type: timestamp, description: When it was read.}
  kwh: {type: "decimal(12,3)", description: What it showed.}
checks:
  - {name: not_negative, expect: kwh >= 0, on_failure: quarantine, message: a meter counts up from zero}
*/
SELECT
  meter,
  read_at,
  kwh
FROM bronze.reading
