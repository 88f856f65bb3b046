"""Pieces that several test folders share."""
