"""What a person may set about this window, on one panel."""
