"""What every screen that serves a customer shares: finding, revealing, campaigns by name."""
