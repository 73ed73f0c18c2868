"""Books of numbered vouchers for emergencies: printed in advance, entered from paper afterwards."""
