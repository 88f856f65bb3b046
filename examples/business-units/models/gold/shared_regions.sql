/* lakewright
kind: full
key: region
owner: data-platform
columns:
  region: string
*/
SELECT DISTINCT region
FROM silver.network_line
