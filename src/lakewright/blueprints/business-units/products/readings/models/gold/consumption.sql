/* lakewright
kind: full
key: meter
owner: digital-data
description: What each meter counted.
columns:
  meter: {type: string, description: The meter.}
  readings: {type: bigint, description: How often it was read.}
  kwh: {type: "decimal(13,3)", description: Between its lowest and its highest reading.}
*/
SELECT
  meter,
  COUNT(*) AS readings,
  MAX(kwh) - MIN(kwh) AS kwh
FROM silver.reading
GROUP BY meter
