-- gold.dim_product
-- key: product_id
with tidy as (
    select id, tenant_id, price, cost, is_active, created_at,
           nullif(upper(btrim(sku)), '') as sku,
           nullif(btrim(name), '')       as name,
           nullif(btrim(regexp_replace(replace(lower(category), '&', ' and '), '[^a-z0-9]+', '_', 'g'), '_'), '') as category
    from core_product
)
select id                                    as product_id,
       tenant_id, sku, name,
       coalesce(category, 'uncategorised')   as category,
       case when category in ('electronics', 'computers', 'phones', 'audio', 'gaming') then 'technology'
            when category in ('home', 'garden', 'home_and_garden', 'kitchen', 'furniture') then 'home'
            when category in ('clothing', 'fashion', 'apparel', 'shoes', 'jewelry') then 'fashion'
            when category in ('books', 'music', 'movies', 'toys', 'games', 'toys_and_games') then 'media'
            when category in ('beauty', 'health', 'health_and_beauty', 'sports', 'sports_and_outdoors', 'outdoors',
                              'fitness') then 'wellbeing'
            when category in ('grocery', 'food') then 'grocery'
            else 'other'
       end                                   as department,
       price, cost, is_active,
       (created_at at time zone 'UTC')::date as created_on
from tidy
where sku is not null and price >= 0 and cost >= 0
order by product_id
