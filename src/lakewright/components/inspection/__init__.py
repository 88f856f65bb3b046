"""The firewall between networks, in a network and an account of its own."""
