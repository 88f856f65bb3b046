"""Building blocks of infrastructure: Terraform modules written by hand, and the Python that decides their inputs."""
