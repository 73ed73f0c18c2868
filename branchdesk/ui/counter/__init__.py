"""The counter screen: register a walk-in, issue what they have earned, print it."""
