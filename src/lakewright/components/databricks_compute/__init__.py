"""What runs in a workspace: cluster policies, SQL warehouses, service principals."""
