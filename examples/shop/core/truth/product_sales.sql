-- gold.product_sales
-- key: tenant_id, product_id
with completed as (
    select id, (order_date at time zone 'UTC')::date as dt
    from core_order
    where lower(btrim(status)) = 'completed' and subtotal >= 0 and tax >= 0 and shipping >= 0
),
daily as (
    -- An order counts once for a product, however many of its lines name it.
    select i.tenant_id, i.product_id, o.dt, count(distinct i.order_id) as orders, sum(i.quantity) as units,
           sum(i.quantity * i.unit_price - coalesce(i.discount, 0)) as revenue
    from core_orderitem i
    join completed o on o.id = i.order_id and o.dt is not null
    where i.quantity > 0 and i.unit_price >= 0 and coalesce(i.discount, 0) between 0 and i.quantity * i.unit_price
    group by i.tenant_id, i.product_id, o.dt
),
sold as (
    select tenant_id, product_id, sum(orders)::bigint as orders, sum(units)::bigint as units, sum(revenue) as revenue,
           min(dt) as first_sold_on, max(dt) as last_sold_on, count(*) as days_sold
    from daily
    group by tenant_id, product_id
)
select p.tenant_id,
       p.id                                                                 as product_id,
       upper(btrim(sku))                                        as sku,
       nullif(btrim(name), '')                                  as name,
       coalesce(nullif(btrim(regexp_replace(replace(lower(category), '&', ' and '), '[^a-z0-9]+', '_', 'g'), '_'), ''),
                'uncategorised')                                            as category,
       coalesce(orders, 0)                                                  as orders,
       coalesce(units, 0)                                                   as units,
       coalesce(revenue, 0)::numeric(18, 2)                                 as revenue,
       (coalesce(revenue, 0) - coalesce(units, 0) * cost)::numeric(18, 2)   as margin,
       first_sold_on, last_sold_on,
       coalesce(days_sold, 0)                                               as days_sold,
       stock_quantity,
       (stock_quantity * cost)::numeric(18, 2)                              as stock_value,
       case when coalesce(units, 0) + stock_quantity > 0
            then coalesce(units, 0)::float8 / (coalesce(units, 0) + stock_quantity)::float8
       end                                                                  as sell_through_rate,
       case when stock_quantity <= 0 then 'out' when stock_quantity < 10 then 'low' else 'ok' end as stock_status
from core_product p
left join sold s on s.product_id = p.id and s.tenant_id = p.tenant_id
where btrim(sku) <> '' and price >= 0 and cost >= 0
order by p.tenant_id, p.id
