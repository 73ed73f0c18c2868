"""What people do with BranchDesk: one use case a verb, and the ports they need. No Qt, no SQL."""
