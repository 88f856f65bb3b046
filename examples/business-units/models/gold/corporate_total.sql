/* lakewright
kind: full
key: day
owner: corporate
columns:
  day: date
  amount: {type: "decimal(22,2)"}
*/
SELECT DATE'2026-01-01' AS day, SUM(amount) AS amount
FROM silver.corporate_invoice
