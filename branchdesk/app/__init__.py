"""Wiring: the only place that names concrete classes. Lifecycle, command line, logging, demo."""
