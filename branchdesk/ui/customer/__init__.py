"""The customer's page: what the bank lawfully knows of one person, and what they may ask of it."""
