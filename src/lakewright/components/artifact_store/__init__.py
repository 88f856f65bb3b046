"""A store of build artifacts: checked on arrival, filed under the digest of their content."""
