"""The spec, Lake Formation and Unity Catalog, each read from its own state, ready to be compared."""
