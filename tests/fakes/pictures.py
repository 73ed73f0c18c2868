"""Pictures are read by the real reader: it needs nothing that a test could not have."""

from pathlib import Path

from branchdesk.devices.code_pictures import codes_in_grey, read_codes
from branchdesk.ui.verdict.services import PictureServices

PICTURES = PictureServices(
    in_file=lambda path: read_codes(Path(path)),
    in_picture=lambda found: codes_in_grey(found.width, found.height, found.grey),
)
