"""The terminal's side of the wire: enrolment, the pinned line, the stages of a sync, when to retry.

It knows what travels, over the line or on a stick, and what must come back. It does not know how
the store keeps anything (that is the ``Outbox`` port) nor who runs it (command line, background
lane).
"""
