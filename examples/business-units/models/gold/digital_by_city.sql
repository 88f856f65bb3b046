/* lakewright
kind: full
key: city
owner: digital
columns:
  city: string
  customers: bigint
*/
SELECT city, COUNT(*) AS customers
FROM silver.digital_customer
GROUP BY city
