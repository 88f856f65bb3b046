/* lakewright
kind: incremental_by_key
key: product_id
partition_by: tenant_id
owner: merchandising
description: Products with a standard category, its department, and the margin.
columns:
  product_id: {type: bigint, description: Identifier from the source.}
  tenant_id: {type: bigint, description: Tenant that sells it.}
  sku: {type: string, description: "Stock keeping unit, upper case."}
  name: {type: string, description: Product name.}
  category: {type: string, description: "Standard name of the category, such as home_and_garden."}
  source_category: {type: string, description: Category as typed.}
  department: {type: string, description: Group of categories.}
  price: {type: "decimal(12,2)", description: List price.}
  cost: {type: "decimal(12,2)", description: Purchase cost.}
  margin: {type: "decimal(12,2)", description: Price less cost.}
  margin_rate: {type: double, description: Margin per price.}
  stock_quantity: {type: int, description: Pieces in stock.}
  in_stock: {type: boolean, description: Whether there are any.}
  is_active: {type: boolean, description: Whether it is on sale.}
  attributes: {type: string, description: JSON from the source.}
  created_at: {type: timestamp, description: When the product was listed.}
  updated_at: {type: timestamp, description: Last change in the source.}
checks:
  - {name: sku_present, expect: sku IS NOT NULL, on_failure: quarantine, message: a product has a SKU}
  - {name: price_not_negative, expect: price >= 0, on_failure: quarantine, message: price is missing or negative}
  - {name: cost_not_negative, expect: cost >= 0, on_failure: quarantine, message: cost is missing or negative}
  - {name: sells_above_cost, expect: price >= cost, on_failure: warn, message: sold below cost}
  - {name: stock_not_negative, expect: stock_quantity >= 0, on_failure: warn, message: more sold than there was}
*/
WITH slugged AS (
  SELECT
    id AS product_id,
    tenant_id,
    NULLIF(UPPER(TRIM(sku)), '') AS sku,
    NULLIF(TRIM(name), '') AS name,
    REGEXP_REPLACE(REPLACE(LOWER(category), '&', ' and '), '[^a-z0-9]+', '_') AS slug,
    category AS source_category,
    price,
    cost,
    stock_quantity,
    is_active,
    attributes,
    created_at,
    updated_at
  FROM bronze.core_product
),

standardised AS (
  SELECT
    product_id,
    tenant_id,
    sku,
    name,
    COALESCE(NULLIF(REGEXP_REPLACE(slug, r'^_|_\z', ''), ''), 'uncategorised') AS category,
    source_category,
    price,
    cost,
    TRY_CAST(price - cost AS DECIMAL(12, 2)) AS margin,
    stock_quantity,
    is_active,
    attributes,
    created_at,
    updated_at
  FROM slugged
)

SELECT
  product_id,
  tenant_id,
  sku,
  name,
  category,
  source_category,
  CASE
    WHEN category IN ('electronics', 'computers', 'phones', 'audio', 'gaming') THEN 'technology'
    WHEN category IN ('home', 'garden', 'home_and_garden', 'kitchen', 'furniture') THEN 'home'
    WHEN category IN ('clothing', 'fashion', 'apparel', 'shoes', 'jewelry') THEN 'fashion'
    WHEN category IN ('books', 'music', 'movies', 'toys', 'games', 'toys_and_games') THEN 'media'
    WHEN category IN (
      'beauty', 'health', 'health_and_beauty', 'sports', 'sports_and_outdoors', 'outdoors', 'fitness'
    ) THEN 'wellbeing'
    WHEN category IN ('grocery', 'food') THEN 'grocery'
    ELSE 'other'
  END AS department,
  price,
  cost,
  margin,
  CAST(margin AS DOUBLE) / NULLIF(CAST(price AS DOUBLE), 0) AS margin_rate,
  stock_quantity,
  stock_quantity > 0 AS in_stock,
  is_active,
  attributes,
  created_at,
  updated_at
FROM standardised
