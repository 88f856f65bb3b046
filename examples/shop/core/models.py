"""The shop's eight models. Every table but `core_tenant` carries its tenant; nothing crosses tenants.

Uniqueness is declared only where the shop really enforces it: duplicate customers and odd values get in through
imports and old clients, as in any system that has lived for a while.
"""

from __future__ import annotations

from django.db import models

from core.fields import FixedCharField, money, pii


class Tenant(models.Model):
    """A company that runs its shop on this platform."""

    class Tier(models.TextChoices):
        ENTERPRISE = "enterprise"
        MIDMARKET = "midmarket"
        SMALL = "small"

    slug = models.CharField(max_length=63, help_text="Stable public name, tenant-1 and so on.")
    name = models.CharField(max_length=200)
    tier = models.CharField(max_length=20, choices=Tier.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["slug"], name="core_tenant_slug"),)


class Customer(models.Model):
    """A person who buys from one tenant. The same person may stand here twice."""

    tenant = models.ForeignKey(Tenant, models.PROTECT)
    email = models.CharField(max_length=254, null=True, blank=True, **pii("email", "As typed; may be missing."))
    first_name = models.CharField(max_length=100, **pii("name", "Given name."))
    last_name = models.CharField(max_length=100, **pii("name", "Family name."))
    phone = models.CharField(max_length=64, null=True, blank=True, **pii("phone", "As typed, in any notation."))
    metadata = models.JSONField(default=dict, **pii("profile", "Source, language, consent, tags."))
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["tenant", "email"], name="core_customer_email"),)


class Product(models.Model):
    """Something a tenant sells."""

    tenant = models.ForeignKey(Tenant, models.PROTECT)
    sku = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=60, help_text="As typed: case and spaces vary.")
    price = money("List price.")
    cost = money("Purchase cost.")
    stock_quantity = models.IntegerField()
    is_active = models.BooleanField(default=True)
    attributes = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant", "sku"], name="core_product_sku"),)


class Order(models.Model):
    """An order. `order_date` is when the customer ordered, `created_at` when the row came to be (late imports)."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PAID = "paid"
        SHIPPED = "shipped"
        COMPLETED = "completed"
        CANCELLED = "cancelled"
        REFUNDED = "refunded"

    tenant = models.ForeignKey(Tenant, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT)
    order_number = models.CharField(max_length=40)
    status = models.CharField(max_length=20, choices=Status.choices)
    order_date = models.DateTimeField()
    subtotal = money("Sum of the items' line totals.")
    tax = money("Tax on the subtotal.")
    shipping = money("Shipping.")
    total = money("Should be subtotal + tax + shipping; wrong in old clients.")
    currency = FixedCharField(max_length=3, default="USD")
    notes = models.TextField(null=True, blank=True, **pii("free text", "Whatever the customer wrote."))
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant", "order_number"], name="core_order_number"),)


class OrderItem(models.Model):
    """One line of an order."""

    tenant = models.ForeignKey(Tenant, models.PROTECT)
    order = models.ForeignKey(Order, models.CASCADE)
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.IntegerField()
    unit_price = money("Price of one piece when ordered.")
    discount = money("Amount off the whole line.")
    line_total = money("quantity × unit_price - discount.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()


class Event(models.Model):
    """Something a visitor did. `event_data` is text: clients send JSON, not always whole."""

    class Type(models.TextChoices):
        PAGE_VIEW = "page_view"
        PRODUCT_VIEW = "product_view"
        ADD_TO_CART = "add_to_cart"
        CHECKOUT = "checkout"
        PURCHASE = "purchase"

    tenant = models.ForeignKey(Tenant, models.PROTECT)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True)
    session_id = models.UUIDField()
    event_type = models.CharField(max_length=20, choices=Type.choices)
    event_data = models.TextField(help_text="JSON as sent by the client.")
    ip_address = models.GenericIPAddressField(null=True, blank=True, **pii("ip address", "IPv4 or IPv6."))
    user_agent = models.CharField(max_length=300, **pii("device", "The browser's name for itself."))
    created_at = models.DateTimeField()


class Subscription(models.Model):
    """A customer's subscription to a plan, paid monthly."""

    class Status(models.TextChoices):
        TRIALING = "trialing"
        ACTIVE = "active"
        PAST_DUE = "past_due"
        CANCELLED = "cancelled"

    tenant = models.ForeignKey(Tenant, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT)
    plan = models.CharField(max_length=20, help_text="basic, plus, pro, team")
    status = models.CharField(max_length=20, choices=Status.choices)
    monthly_amount = money("Price of one month.")
    started_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()


class Invoice(models.Model):
    """A bill for an order or for one month of a subscription."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        OPEN = "open"
        PAID = "paid"
        VOID = "void"
        UNCOLLECTIBLE = "uncollectible"

    tenant = models.ForeignKey(Tenant, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT)
    subscription = models.ForeignKey(Subscription, models.PROTECT, null=True, blank=True)
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True)
    number = models.CharField(max_length=40)
    status = models.CharField(max_length=20, choices=Status.choices)
    amount_due = money("What the invoice asks for.")
    amount_paid = money("What has been paid so far.")
    issued_at = models.DateTimeField()
    due_date = models.DateField()
    paid_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant", "number"], name="core_invoice_number"),)
