"""What lies in a workspace: files, jobs, permissions, tokens."""
