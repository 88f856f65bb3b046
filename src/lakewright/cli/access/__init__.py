"""`lakewright access …`: who may see and change what, and why."""
