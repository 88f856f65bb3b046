/* lakewright
kind: full
key: dt
owner: data-platform
description: Every day from 2015 to 2034.
columns:
  dt: {type: date, description: The day.}
  year: {type: int, description: Year.}
  quarter: {type: int, description: "Quarter of the year, 1 to 4."}
  month: {type: date, description: First day of the month.}
  month_number: {type: int, description: "Month of the year, 1 to 12."}
  day: {type: int, description: Day of the month.}
  iso_weekday: {type: int, description: "Monday 1 to Sunday 7."}
  is_weekend: {type: boolean, description: Saturday or Sunday.}
*/
WITH digits AS (
  SELECT digit
  FROM VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9) AS t (digit)
),

days AS (
  SELECT DATE_ADD(DATE '2015-01-01', ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit) AS dt
  FROM digits AS ones
  CROSS JOIN digits AS tens
  CROSS JOIN digits AS hundreds
  CROSS JOIN digits AS thousands
),

numbered AS (
  SELECT
    dt,
    YEAR(dt) AS year,
    MONTH(dt) AS month_number,
    DAY(dt) AS day,
    -- 2015-01-05 was a Monday; seven is added because the days before it give negative remainders
    (DATEDIFF(dt, DATE '2015-01-05') + 7) % 7 + 1 AS iso_weekday
  FROM days
  WHERE dt <= DATE '2034-12-31'
)

SELECT
  dt,
  year,
  CASE WHEN month_number <= 3 THEN 1 WHEN month_number <= 6 THEN 2 WHEN month_number <= 9 THEN 3 ELSE 4 END AS quarter,
  CAST(DATE_TRUNC('MONTH', dt) AS DATE) AS month,
  month_number,
  day,
  iso_weekday,
  iso_weekday >= 6 AS is_weekend
FROM numbered
