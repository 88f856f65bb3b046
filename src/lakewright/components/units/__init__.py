"""What a workspace of a unit has of the landscape: its network, its people, its catalog, its init scripts."""
