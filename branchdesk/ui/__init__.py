"""The window: passive views, presenters without Qt, and the kit they share.

Nothing below this package may know how data is stored, sent or printed; ``app`` hands it callables.
"""
