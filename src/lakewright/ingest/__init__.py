"""PostgreSQL → Bronze: full load, change data capture, table mappings."""
