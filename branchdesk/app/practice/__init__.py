"""Practice mode: a made-up bank of its own, in one process, on keys that are never written down."""
