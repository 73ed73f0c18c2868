"""Paper: QR codes, voucher PDFs, receipt rasters, page previews. No Qt, no store, no clock.

Import the module you need; this package imports nothing by itself, so that a window that never
prints pays for no font and no PDF library.
"""
