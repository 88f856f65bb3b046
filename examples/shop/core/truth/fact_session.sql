-- gold.fact_session, grouped by tenant_id, dt: rows, sum_<column>, true_<column>
-- key: tenant_id, dt
with step as (
    select tenant_id, session_id, created_at,
           array_position(array['page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase'],
                          lower(btrim(event_type))) as step
    from core_event
),
session as (
    select tenant_id, min(created_at) as started_at, max(created_at) as ended_at, max(step) as furthest_step,
           count(*)                          as events,
           count(*) filter (where step = 1)  as page_views,
           count(*) filter (where step = 2)  as product_views,
           count(*) filter (where step = 3)  as add_to_carts,
           count(*) filter (where step = 4)  as checkouts,
           count(*) filter (where step = 5)  as purchases
    from step
    where step is not null and created_at is not null and session_id is not null
    group by tenant_id, session_id
)
select tenant_id,
       (started_at at time zone 'UTC')::date                                                    as dt,
       count(*)                                                                                 as rows,
       sum(floor(extract(epoch from ended_at)) - floor(extract(epoch from started_at)))::bigint as sum_duration_seconds,
       sum(events)::bigint                                                                      as sum_events,
       sum(page_views)::bigint                                                                  as sum_page_views,
       sum(product_views)::bigint                                                               as sum_product_views,
       sum(add_to_carts)::bigint                                                                as sum_add_to_carts,
       sum(checkouts)::bigint                                                                   as sum_checkouts,
       sum(purchases)::bigint                                                                   as sum_purchases,
       sum(furthest_step)::bigint                                                               as sum_furthest_step,
       count(*) filter (where events = 1)                                                       as true_is_bounce,
       count(*) filter (where purchases > 0)                                                    as true_is_converted
from session
group by tenant_id, dt
order by tenant_id, dt
