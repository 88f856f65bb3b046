-- gold.product_performance
-- key: tenant_id, dt, product_id
with known_product as (
    select id, cost, nullif(btrim(
               regexp_replace(replace(lower(category), '&', ' and '), '[^a-z0-9]+', '_', 'g'), '_'), '') as category
    from core_product
    where btrim(sku) <> '' and price >= 0 and cost >= 0
),
completed as (
    select id, (order_date at time zone 'UTC')::date as dt
    from core_order
    where lower(btrim(status)) = 'completed' and subtotal >= 0 and tax >= 0 and shipping >= 0
),
sold as (
    select i.tenant_id, o.dt, i.product_id, count(distinct i.order_id) as orders, sum(i.quantity) as units,
           sum(i.quantity * i.unit_price) as gross, sum(coalesce(i.discount, 0)) as discount
    from core_orderitem i
    join completed o on o.id = i.order_id and o.dt is not null
    where i.quantity > 0 and i.unit_price >= 0 and coalesce(i.discount, 0) between 0 and i.quantity * i.unit_price
    group by i.tenant_id, o.dt, i.product_id
),
earned as (
    select s.*, k.id is not null as known, k.category, gross - discount as revenue, units * coalesce(k.cost, 0) as cost
    from sold s
    left join known_product k on k.id = s.product_id
)
select tenant_id, dt, product_id,
       case when known then coalesce(category, 'uncategorised') else 'unknown' end as category,
       case when not known then 'unknown'
            when category in ('electronics', 'computers', 'phones', 'audio', 'gaming') then 'technology'
            when category in ('home', 'garden', 'home_and_garden', 'kitchen', 'furniture') then 'home'
            when category in ('clothing', 'fashion', 'apparel', 'shoes', 'jewelry') then 'fashion'
            when category in ('books', 'music', 'movies', 'toys', 'games', 'toys_and_games') then 'media'
            when category in ('beauty', 'health', 'health_and_beauty', 'sports', 'sports_and_outdoors', 'outdoors',
                              'fitness') then 'wellbeing'
            when category in ('grocery', 'food') then 'grocery'
            else 'other'
       end                                                        as department,
       orders,
       units::bigint                                              as units,
       gross::numeric(18, 2)                                      as gross,
       discount::numeric(18, 2)                                   as discount,
       revenue::numeric(18, 2)                                    as revenue,
       cost::numeric(18, 2)                                       as cost,
       (revenue - cost)::numeric(18, 2)                           as margin,
       (revenue - cost)::float8 / nullif(revenue, 0)::float8      as margin_rate
from earned
order by tenant_id, dt, product_id
