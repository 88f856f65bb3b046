"""One EC2 machine: no SSH, no public address, an encrypted disk, a role of its own."""
