"""What stands behind the window: for each screen, the use cases it may call, on one terminal."""
