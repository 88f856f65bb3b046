"""The SQL of the live traffic. Rows come in as one array per column; amounts come in as cents."""

from __future__ import annotations

RESERVE = "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)"

RECALL_TENANTS = "select id from core_tenant order by id limit %s"
RECALL_PRODUCTS = """
    select tenant_id, id, (price * 100)::bigint from core_product where is_active and price > 0 order by id limit %s
"""
RECALL_CUSTOMERS = """
    select c.id, c.tenant_id from core_customer c
    where exists (select from core_order o where o.customer_id = c.id) order by c.id desc limit %s
"""
RECALL_IDLE = """
    select id from core_customer c
    where not exists (select from core_order o where o.customer_id = c.id)
      and not exists (select from core_subscription s where s.customer_id = c.id)
      and not exists (select from core_invoice i where i.customer_id = c.id)
    order by id limit %s
"""
RECALL_ORDERS = """
    select o.id, o.tenant_id, o.status, i.id from core_order o join core_invoice i on i.order_id = o.id
    where o.status in ('pending', 'paid', 'shipped') order by o.id desc limit %s
"""
RECALL_INVOICES = "select id from core_invoice where status = 'open' order by id desc limit %s"
RECALL_SUBSCRIPTIONS = """
    select id from core_subscription where status in ('active', 'past_due', 'trialing') order by id limit %s
"""
RECALL_LONG_NOTES = "select id from core_order where octet_length(notes) > 8000 order by id limit %s"

NEW_ORDERS = """
    insert into core_order (id, tenant_id, customer_id, order_number, status, order_date, subtotal, tax, shipping,
                            total, currency, notes, created_at, updated_at)
    select id, tenant, customer, number, 'pending', now() - late * interval '1 day', subtotal * 0.01, tax * 0.01,
           shipping * 0.01, total * 0.01, 'USD', note, now(), now()
    from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
                %s::bigint[], %s::text[], %s::int[])
         as new (id, tenant, customer, number, subtotal, tax, shipping, total, note, late)
"""
NEW_ITEMS = """
    insert into core_orderitem (tenant_id, order_id, product_id, quantity, unit_price, discount, line_total, created_at,
                                updated_at)
    select tenant, orders, product, quantity, cents * 0.01, 0, line * 0.01, now(), now()
    from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[])
         as new (tenant, orders, product, quantity, cents, line)
"""
NEW_ORDER_INVOICES = """
    insert into core_invoice (id, tenant_id, customer_id, order_id, number, status, amount_due, amount_paid, issued_at,
                              due_date, created_at, updated_at)
    select id, tenant, customer, orders, number, 'open', cents * 0.01, 0, now(), (now() at time zone 'UTC')::date + 14,
           now(), now()
    from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[])
         as new (id, tenant, customer, orders, number, cents)
"""
NEW_EVENTS = """
    insert into core_event (id, tenant_id, customer_id, session_id, event_type, event_data, ip_address, user_agent,
                            created_at)
    select id, tenant, customer, session, kind, data, address, agent, now() - ago * interval '1 second'
    from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::inet[], %s::text[],
                %s::int[])
         as new (id, tenant, customer, session, kind, data, address, agent, ago)
"""
LESS_STOCK = """
    update core_product set stock_quantity = stock_quantity - sold.quantity, updated_at = now()
    from unnest(%s::bigint[], %s::bigint[]) as sold (product, quantity) where id = sold.product
"""

MOVE_ORDERS = """
    update core_order o set status = moved.status, updated_at = now()
    from unnest(%s::bigint[], %s::text[]) as moved (id, status) where o.id = moved.id
"""
REFUND = """
    update core_order set status = 'refunded', updated_at = now() where id = any(%s::bigint[]) and status = 'completed'
"""
TOUCH_ORDERS = "update core_order set updated_at = now() where id = any(%s::bigint[])"
TOUCH_TENANTS = "update core_tenant set updated_at = now() where id = any(%s::bigint[])"

PAY_INVOICES = """
    update core_invoice set status = 'paid', amount_paid = amount_due, paid_at = now(), updated_at = now()
    where id = any(%s::bigint[]) and status <> 'void'
"""
PAY_PART = """
    update core_invoice set amount_paid = round(amount_due / 2, 2), paid_at = now(), updated_at = now()
    where id = any(%s::bigint[]) and status = 'open'
"""
VOID_INVOICES = "update core_invoice set status = 'void', updated_at = now() where id = any(%s::bigint[])"

NEW_CUSTOMERS = """
    insert into core_customer (id, tenant_id, email, first_name, last_name, phone, metadata, is_active, created_at,
                               updated_at)
    select id, tenant, email, first, last, phone, '{"source": "web", "language": "en", "consent": true, "tags": []}',
           true, now(), now()
    from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
         as new (id, tenant, email, first, last, phone)
"""
CHANGE_EMAIL = """
    update core_customer set email = 'changed' || id || '@example.net', updated_at = now() where id = any(%s::bigint[])
"""
FIX_PHONE = "update core_customer set phone = %s, updated_at = now() where id = any(%s::bigint[])"
MOVE_TENANT = """
    update core_customer c set tenant_id = %s, updated_at = now()
    where id = %s and not exists (select from core_order o where o.customer_id = c.id)
"""
FORGET_EVENTS = "update core_event set customer_id = null where customer_id = any(%s::bigint[])"
FORGET_CUSTOMERS = """
    delete from core_customer c where id = any(%s::bigint[])
      and not exists (select from core_order o where o.customer_id = c.id)
      and not exists (select from core_subscription s where s.customer_id = c.id)
      and not exists (select from core_invoice i where i.customer_id = c.id)
"""
DELETE_EVENTS = "delete from core_event where id = any(%s::bigint[])"

NEW_SUBSCRIPTIONS = """
    insert into core_subscription (id, tenant_id, customer_id, plan, status, monthly_amount, started_at, created_at,
                                   updated_at)
    select id, tenant, customer, plan, 'active', cents * 0.01, now(), now(), now()
    from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[])
         as new (id, tenant, customer, plan, cents)
"""
NEW_SUBSCRIPTION_INVOICES = """
    insert into core_invoice (id, tenant_id, customer_id, subscription_id, number, status, amount_due, amount_paid,
                              issued_at, due_date, created_at, updated_at)
    select id, tenant, customer, subscription, number, 'open', cents * 0.01, 0, now(),
           (now() at time zone 'UTC')::date + 14, now(), now()
    from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[])
         as new (id, tenant, customer, subscription, number, cents)
"""
CANCEL_SUBSCRIPTIONS = """
    update core_subscription set status = 'cancelled', cancelled_at = now(), updated_at = now()
    where id = any(%s::bigint[]) and status <> 'cancelled'
"""

RAISE_PRICES = """
    update core_product set price = round(price * 1.02, 2), updated_at = now() where id = any(%s::bigint[])
"""
RESTOCK = """
    update core_product set stock_quantity = stock_quantity + 200, updated_at = now()
    where id = any(%s::bigint[]) and stock_quantity < 10
"""
NEW_PRODUCTS = """
    insert into core_product (id, tenant_id, sku, name, category, price, cost, stock_quantity, is_active, attributes,
                              created_at, updated_at)
    select id, tenant, sku, name, category, cents * 0.01, cents * 0.006, 100, true, '{"color": "red"}', now(), now()
    from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[])
         as new (id, tenant, sku, name, category, cents)
"""
