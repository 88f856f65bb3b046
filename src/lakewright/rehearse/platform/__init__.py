"""`lakewright rehearse`: the compiled Terraform applied to a local AWS, and the platform run through AWS's own APIs."""
