"""What a voucher is worth here and now, laid over whatever screen is shown."""
