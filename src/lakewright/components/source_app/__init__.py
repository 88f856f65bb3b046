"""Connection option C: the source application and its database in the lake's own network."""
