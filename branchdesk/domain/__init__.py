"""What the bank means: customer, consent, campaign, eligibility. Values and rules, no I/O.

Nothing here knows a file, a database, a network, a clock or a window; dates come as parameters.
"""
