"""Users, groups and service principals, of the account and as its workspaces see them."""
