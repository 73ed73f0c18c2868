"""Machine edges: paths, settings, clock, key store, and whatever is plugged in.

Each module wraps one thing of the machine behind a port or a plain value. None knows the bank's
rules, the store's tables or the window.
"""
