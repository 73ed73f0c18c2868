"""Joining head office again as the same terminal: the one code, and the way back to the desk."""
