"""Unity Catalog: securables, privileges, and what they decide."""
