"""The routes that lead everything between networks through the firewall."""
