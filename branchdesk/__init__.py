"""BranchDesk (网点活动终端): a bank's campaign at the counter and on the van, offline first."""

__version__ = "0.1.0"
