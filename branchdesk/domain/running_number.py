"""The number that a voucher's paper carries: outlet, terminal, and a count without gaps."""


def running_number(outlet: str, terminal: int, number: int) -> str:
    """Return the number printed on paper; a gap in it shows that something is missing."""
    return f"{outlet}-{terminal:04d}-{number:06d}"
