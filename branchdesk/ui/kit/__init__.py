"""What every screen is built from: tokens, style, text, signals, the dispatcher, plain widgets.

This package must not know any screen, use case or rule of the bank.
"""
