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
WITH days AS (
  SELECT day.dt
  FROM (SELECT SEQUENCE(DATE '2015-01-01', DATE '2034-12-31', INTERVAL 1 DAY) AS days) AS calendar
  LATERAL VIEW EXPLODE(calendar.days) day AS dt
)

SELECT
  dt,
  YEAR(dt) AS year,
  QUARTER(dt) AS quarter,
  TRUNC(dt, 'MONTH') AS month,
  MONTH(dt) AS month_number,
  DAY(dt) AS day,
  WEEKDAY(dt) + 1 AS iso_weekday,
  WEEKDAY(dt) >= 5 AS is_weekend
FROM days
