"""The frame around the screens: first paint, rail, header, status bar, lock, actions.

The parts needed for the first paint import PySide6 and nothing heavy of ours.
"""
