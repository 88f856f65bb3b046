-- gold.funnel_metrics
-- key: tenant_id, hour
with event as (
    select tenant_id, session_id, lower(btrim(event_type)) as kind,
           date_trunc('hour', created_at at time zone 'UTC') as hour
    from core_event
    where created_at is not null
),
hourly as (
    select tenant_id, hour,
           count(*) filter (where kind = 'page_view')                       as page_views,
           count(*) filter (where kind = 'product_view')                    as product_views,
           count(*) filter (where kind = 'add_to_cart')                     as add_to_cart,
           count(*) filter (where kind = 'checkout')                        as checkouts,
           count(*) filter (where kind = 'purchase')                        as purchases,
           count(distinct session_id)                                       as sessions,
           count(distinct session_id) filter (where kind = 'purchase')      as converting_sessions
    from event
    where kind in ('page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase')
    group by tenant_id, hour
)
select tenant_id, hour at time zone 'UTC' as hour, hour::date as dt, page_views, product_views, add_to_cart, checkouts,
       purchases, sessions, converting_sessions,
       converting_sessions::float8 / nullif(sessions, 0)::float8 as conversion_rate,
       add_to_cart::float8 / nullif(product_views, 0)::float8    as cart_rate,
       checkouts::float8 / nullif(add_to_cart, 0)::float8        as checkout_rate,
       purchases::float8 / nullif(checkouts, 0)::float8          as purchase_rate
from hourly
order by tenant_id, hour
