/* lakewright
kind: full
key: id
owner: corporate
columns:
  id: bigint
  amount: {type: "decimal(12,2)"}
*/
SELECT CAST(1 AS BIGINT) AS id, CAST(9 AS DECIMAL(12,2)) AS amount
