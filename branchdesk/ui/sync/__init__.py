"""The sync screen: what waits, what head office signed for and held back, the road check."""
