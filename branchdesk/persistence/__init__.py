"""The terminal's store: an encrypted SQLite, a second event file, projections and queries."""
