/* lakewright
kind: full
key: id
owner: digital
columns:
  id: bigint
  email: {type: string, pii: email}
  phone: {type: string, pii: phone}
  city: string
*/
SELECT CAST(1 AS BIGINT) AS id, 'ana@example.com' AS email, '+49 151 2345678' AS phone, 'Graz' AS city
