"""What terminal and head office must agree on to the byte: no I/O, no clock, no randomness.

Everything that is hashed or signed is defined here once, and only here.
"""
