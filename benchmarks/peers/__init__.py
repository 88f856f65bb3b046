"""The peers, each a small program of its own, so that its whole process is measured."""
