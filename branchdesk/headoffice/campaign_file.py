"""Read a campaign file, JSON or YAML, as plain mappings; what it means is the domain's."""

import json
from pathlib import Path

import yaml

from branchdesk.errors import ContractFault, EnvironmentFault, os_reason
from branchdesk.protocol.bundle import BUNDLE_BYTES_MAX


def read_campaign_file(path: Path) -> dict[str, object]:
    """Return the mapping in a campaign file of at most 4 MiB.

    Raises EnvironmentFault ``file_unreadable``; ContractFault ``malformed`` (too large, not text,
    not JSON or YAML) or ``bundle_invalid`` when it is no mapping.
    """
    try:
        with path.open("rb") as file:
            data = file.read(BUNDLE_BYTES_MAX + 1)
    except OSError as error:
        reason = os_reason(error)
        raise EnvironmentFault("file_unreadable", path=str(path), reason=reason) from error
    if len(data) > BUNDLE_BYTES_MAX:
        raise ContractFault(
            "malformed", what="campaign", problem="too_large", limit_bytes=BUNDLE_BYTES_MAX
        )
    try:
        text = data.decode("utf-8-sig")
        is_yaml = path.suffix.lower() in {".yaml", ".yml"}
        value = yaml.safe_load(text) if is_yaml else json.loads(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        problem = "not_yaml" if path.suffix.lower() in {".yaml", ".yml"} else "not_json"
        raise ContractFault("malformed", what="campaign", problem=problem) from error
    if not isinstance(value, dict):
        raise ContractFault(
            "bundle_invalid", path="(root)", problem="type", expected="mapping",
            found=type(value).__name__,
        )  # fmt: skip
    return value
