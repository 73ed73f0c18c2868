"""A scanner that types like a keyboard: recognised by its speed, whatever has the focus."""
