"""Lambda functions that run: invoked through their API, or by objects that arrive in a bucket."""
