/* lakewright
kind: incremental_by_key
key: product_id
owner: merchandising
description: Products without their stock, which moves with every sale (see gold.product_sales).
columns:
  product_id: {type: bigint, description: Product.}
  tenant_id: {type: bigint, description: Tenant that sells it.}
  sku: {type: string, description: Stock keeping unit.}
  name: {type: string, description: Product name.}
  category: {type: string, description: Standard name of the category.}
  department: {type: string, description: Group of categories.}
  price: {type: "decimal(12,2)", description: List price.}
  cost: {type: "decimal(12,2)", description: Purchase cost.}
  is_active: {type: boolean, description: Whether it is on sale.}
  created_on: {type: date, description: UTC day on which it was listed.}
*/
SELECT
  product_id,
  tenant_id,
  sku,
  name,
  category,
  department,
  price,
  cost,
  is_active,
  CAST(created_at AS DATE) AS created_on
FROM silver.product
