"""Rules over a plan: what it would make that somebody should look at. Pure; they read Terraform's own plan JSON."""
