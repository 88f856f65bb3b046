"""AWS Lake Formation: what each role may do with databases, tables, columns and rows."""
