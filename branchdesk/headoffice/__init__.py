"""Head office: its own store, its keys, the HTTPS service that terminals talk to.

Knows nothing of a terminal's store or window; both sides meet only in ``branchdesk.protocol``.
"""
