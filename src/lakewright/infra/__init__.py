"""From the spec to Terraform on disk, and its runs: stacks of component calls, written as root modules."""
