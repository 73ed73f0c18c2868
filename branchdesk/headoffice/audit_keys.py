"""Audit of head office's own keys and of what the bundle key signed."""

import hashlib
import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from branchdesk.errors import ContractFault
from branchdesk.headoffice.audit_findings import Findings
from branchdesk.headoffice.context import ROOT_KEY_FACT, OfficeContext, read_fact
from branchdesk.headoffice.tables import campaigns, key_records
from branchdesk.headoffice.vault import ROOT
from branchdesk.protocol.bundle import open_bundle
from branchdesk.protocol.enrolment import KeyUse, open_key_record


@dataclass(slots=True)
class OfficeKeys:
    """Public keys by use, each vouched for by root: id to raw key."""

    root: bytes
    by_use: dict[KeyUse, dict[bytes, bytes]] = field(default_factory=dict)

    def of(self, use: KeyUse) -> dict[bytes, bytes]:
        """Return the keys of one use."""
        return self.by_use.get(use, {})


def check_keys(context: OfficeContext, connection: Connection, findings: Findings) -> OfficeKeys:
    """Check every key record under root, and that our private keys are among them."""
    root = context.vault.signer(ROOT).public_key
    same_root = read_fact(connection, ROOT_KEY_FACT) == root
    findings.expect(same_root, "keys", "root_key_differs")
    keys = OfficeKeys(root)
    for row in connection.execute(select(key_records).order_by(key_records.c.key_id)):
        findings.count("keys")
        try:
            record = open_key_record(bytes(row.record), root)
        except ContractFault as error:
            findings.fault("keys", error, key=bytes(row.key_id).hex())
            continue
        matches = (record.key_id, record.use.value) == (bytes(row.key_id), row.use)
        findings.expect(matches, "keys", "row_differs", key=bytes(row.key_id).hex())
        keys.by_use.setdefault(record.use, {})[record.key_id] = record.public_key
    for use in (KeyUse.GRANT, KeyUse.ACK, KeyUse.BUNDLE):
        ours = context.vault.signer(use.value)
        findings.expect(ours.key_id in keys.of(use), "keys", "key_record_missing", use=use.value)
    return keys


def check_campaigns(connection: Connection, findings: Findings, keys: OfficeKeys) -> None:
    """Check the signature and content of every version of every campaign."""
    statement = select(campaigns).order_by(campaigns.c.campaign, campaigns.c.version)
    for row in connection.execute(statement):
        findings.count("campaigns")
        facts = {"campaign": row.campaign, "version": row.version}
        try:
            bundle = open_bundle(
                bytes(row.record), keys.of(KeyUse.BUNDLE), now_ms=None, newer_than={}
            )
        except ContractFault as error:
            findings.fault("campaigns", error, **facts)
            continue
        named = (bundle.campaign, bundle.version) == (row.campaign, row.version)
        unversioned = json.dumps(
            {**json.loads(bundle.content), "version": 0}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        same = hashlib.sha256(unversioned).digest() == bytes(row.content_sha256)
        timely = bundle.valid_from_ms == row.published_ms
        findings.expect(named and same and timely, "campaigns", "row_differs", **facts)
