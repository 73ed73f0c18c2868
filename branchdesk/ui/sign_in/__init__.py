"""The sign-in screen: staff code and PIN, lock-out in words, choosing a first PIN."""
