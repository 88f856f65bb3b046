"""The Glue Data Catalog: moto keeps it in a process of its own, every answer is cut to what the caller may see."""
