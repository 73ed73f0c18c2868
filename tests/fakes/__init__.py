"""Fakes that implement the application's ports, for any test."""
