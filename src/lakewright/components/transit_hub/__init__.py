"""The transit gateway that joins the networks, and its share."""
