"""What AWS refuses, the local AWS refuses: requests held against botocore's models, and rules of the services."""
