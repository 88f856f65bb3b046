"""A governance application's database, apart from what computes: it can be resized and upgraded by itself."""
