"""Unity Catalog in a workspace: credential, locations, catalogs, schemas, volumes, grants."""
