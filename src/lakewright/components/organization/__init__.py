"""An AWS organization: units, accounts, service control policies."""
