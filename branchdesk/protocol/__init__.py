"""What terminal and head office must agree on to the byte. No I/O, no clock, no randomness of its own.

Everything that is hashed or signed is defined here once, and only here.
"""
