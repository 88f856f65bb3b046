/* lakewright
kind: full
key: id
owner: network
columns:
  id: bigint
  region: string
*/
SELECT CAST(1 AS BIGINT) AS id, 'north' AS region
