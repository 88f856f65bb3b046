"""Where Terraform's state lies: one bucket and one key, made before all else."""
