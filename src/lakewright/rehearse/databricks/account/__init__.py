"""The account: what a workspace is made of, workspaces, metastores and budgets."""
