"""Speed, each figure beside a peer's that was measured in the same run. `make bench` prints the table."""
