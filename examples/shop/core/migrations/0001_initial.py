"""The schema of the shop. Written by hand in the tables' column order; `makemigrations --check` agrees with it."""

from django.db import migrations, models

from core.fields import FixedCharField, pii


class Migration(migrations.Migration):
    """Eight tables, parents first."""

    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Tenant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.CharField(help_text="Stable public name, tenant-1 and so on.", max_length=63)),
                ("name", models.CharField(max_length=200)),
                (
                    "tier",
                    models.CharField(
                        choices=[("enterprise", "Enterprise"), ("midmarket", "Midmarket"), ("small", "Small")],
                        max_length=20,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("slug",), name="core_tenant_slug")]},
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tenant", models.ForeignKey(on_delete=models.PROTECT, to="core.tenant")),
                (
                    "email",
                    models.CharField(
                        blank=True, max_length=254, null=True, **pii("email", "As typed; may be missing.")
                    ),
                ),
                ("first_name", models.CharField(max_length=100, **pii("name", "Given name."))),
                ("last_name", models.CharField(max_length=100, **pii("name", "Family name."))),
                (
                    "phone",
                    models.CharField(
                        blank=True, max_length=64, null=True, **pii("phone", "As typed, in any notation.")
                    ),
                ),
                (
                    "metadata",
                    models.JSONField(default=dict, **pii("profile", "Source, language, consent, tags.")),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["tenant", "email"], name="core_customer_email")]},
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tenant", models.ForeignKey(on_delete=models.PROTECT, to="core.tenant")),
                ("sku", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                ("category", models.CharField(help_text="As typed: case and spaces vary.", max_length=60)),
                ("price", models.DecimalField(decimal_places=2, help_text="List price.", max_digits=12)),
                ("cost", models.DecimalField(decimal_places=2, help_text="Purchase cost.", max_digits=12)),
                ("stock_quantity", models.IntegerField()),
                ("is_active", models.BooleanField(default=True)),
                ("attributes", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("tenant", "sku"), name="core_product_sku")]},
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tenant", models.ForeignKey(on_delete=models.PROTECT, to="core.tenant")),
                ("customer", models.ForeignKey(on_delete=models.PROTECT, to="core.customer")),
                ("order_number", models.CharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("paid", "Paid"),
                            ("shipped", "Shipped"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                            ("refunded", "Refunded"),
                        ],
                        max_length=20,
                    ),
                ),
                ("order_date", models.DateTimeField()),
                (
                    "subtotal",
                    models.DecimalField(decimal_places=2, help_text="Sum of the items' line totals.", max_digits=12),
                ),
                ("tax", models.DecimalField(decimal_places=2, help_text="Tax on the subtotal.", max_digits=12)),
                ("shipping", models.DecimalField(decimal_places=2, help_text="Shipping.", max_digits=12)),
                (
                    "total",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Should be subtotal + tax + shipping; wrong in old clients.",
                        max_digits=12,
                    ),
                ),
                ("currency", FixedCharField(default="USD", max_length=3)),
                ("notes", models.TextField(blank=True, null=True, **pii("free text", "Whatever the customer wrote."))),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant", "order_number"), name="core_order_number")]
            },
        ),
        migrations.CreateModel(
            name="OrderItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tenant", models.ForeignKey(on_delete=models.PROTECT, to="core.tenant")),
                ("order", models.ForeignKey(on_delete=models.CASCADE, to="core.order")),
                ("product", models.ForeignKey(on_delete=models.PROTECT, to="core.product")),
                ("quantity", models.IntegerField()),
                (
                    "unit_price",
                    models.DecimalField(decimal_places=2, help_text="Price of one piece when ordered.", max_digits=12),
                ),
                (
                    "discount",
                    models.DecimalField(decimal_places=2, help_text="Amount off the whole line.", max_digits=12),
                ),
                (
                    "line_total",
                    models.DecimalField(decimal_places=2, help_text="quantity × unit_price - discount.", max_digits=12),
                ),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tenant", models.ForeignKey(on_delete=models.PROTECT, to="core.tenant")),
                ("customer", models.ForeignKey(blank=True, null=True, on_delete=models.SET_NULL, to="core.customer")),
                ("session_id", models.UUIDField()),
                (
                    "event_type",
                    models.CharField(
                        choices=[
                            ("page_view", "Page View"),
                            ("product_view", "Product View"),
                            ("add_to_cart", "Add To Cart"),
                            ("checkout", "Checkout"),
                            ("purchase", "Purchase"),
                        ],
                        max_length=20,
                    ),
                ),
                ("event_data", models.TextField(help_text="JSON as sent by the client.")),
                (
                    "ip_address",
                    models.GenericIPAddressField(blank=True, null=True, **pii("ip address", "IPv4 or IPv6.")),
                ),
                ("user_agent", models.CharField(max_length=300, **pii("device", "The browser's name for itself."))),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tenant", models.ForeignKey(on_delete=models.PROTECT, to="core.tenant")),
                ("customer", models.ForeignKey(on_delete=models.PROTECT, to="core.customer")),
                ("plan", models.CharField(help_text="basic, plus, pro, team", max_length=20)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("trialing", "Trialing"),
                            ("active", "Active"),
                            ("past_due", "Past Due"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "monthly_amount",
                    models.DecimalField(decimal_places=2, help_text="Price of one month.", max_digits=12),
                ),
                ("started_at", models.DateTimeField()),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tenant", models.ForeignKey(on_delete=models.PROTECT, to="core.tenant")),
                ("customer", models.ForeignKey(on_delete=models.PROTECT, to="core.customer")),
                (
                    "subscription",
                    models.ForeignKey(blank=True, null=True, on_delete=models.PROTECT, to="core.subscription"),
                ),
                ("order", models.ForeignKey(blank=True, null=True, on_delete=models.PROTECT, to="core.order")),
                ("number", models.CharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("open", "Open"),
                            ("paid", "Paid"),
                            ("void", "Void"),
                            ("uncollectible", "Uncollectible"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "amount_due",
                    models.DecimalField(decimal_places=2, help_text="What the invoice asks for.", max_digits=12),
                ),
                (
                    "amount_paid",
                    models.DecimalField(decimal_places=2, help_text="What has been paid so far.", max_digits=12),
                ),
                ("issued_at", models.DateTimeField()),
                ("due_date", models.DateField()),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("tenant", "number"), name="core_invoice_number")]},
        ),
    )
