"""The command line of DESIGN section 9: the same use cases, for automation and tests."""
