"""The shift: open it, pause, hand it over, close it; who may sign in here, and their PINs."""
