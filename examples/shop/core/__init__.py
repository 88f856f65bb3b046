"""The shop: eight multi-tenant models, their seed, live traffic, and hand-written truth queries."""
