"""Joining head office: the one code, who is here, their first PIN. Shown until that is done."""
