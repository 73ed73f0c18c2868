"""PINs, passphrases, key stores: what is let through and what counts as no key store."""

from typing import Any

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from branchdesk.devices.device_secret import (
    KeyStoreSecret,
    PassphraseSecret,
    SecretKind,
    choose_device_secret,
)
from branchdesk.devices.key_wrap import Argon2Cost, check_value, stretch, unwrap, wrap, wrap_key
from branchdesk.devices.vault import check_pin
from branchdesk.errors import EnvironmentFault, RuleViolation
from tests.fakes.randomness import SeededRandomness

CHEAP = Argon2Cost(1, 8, 1)


@pytest.mark.parametrize("pin", ["246810", "135790", "123457", "901301", "135791113151"])
def test_an_ordinary_pin_is_accepted(pin: str) -> None:
    assert check_pin(pin) == pin


@pytest.mark.parametrize(
    "pin", ["123456", "654321", "000000", "99999999", "34567890", "098765", "789012", "900101"]
)
def test_repeats_straight_runs_and_dates_are_too_easy(pin: str) -> None:
    with pytest.raises(RuleViolation, match="pin_weak"):
        check_pin(pin)


@pytest.mark.parametrize(
    "pin", ["", "12345", "1234567890123", "24681a", "24 810", "二四六八一零", "24681⑩x", "٢٤٦٨١٠"]
)
def test_a_pin_is_six_to_twelve_digits(pin: str) -> None:
    with pytest.raises(RuleViolation, match="pin_format") as caught:
        check_pin(pin)
    assert caught.value.facts == {"field": "pin", "digits_min": 6, "digits_max": 12}


def test_a_short_passphrase_protects_nothing_new() -> None:
    source = choose_device_secret({"BRANCHDESK_PASSPHRASE": "elevenchars"})
    with pytest.raises(RuleViolation, match="terminal_passphrase_too_short"):
        source.create(SeededRandomness())


def test_a_passphrase_is_used_instead_of_the_key_store_whenever_set() -> None:
    assert choose_device_secret({"BRANCHDESK_PASSPHRASE": "x" * 12}).kind is SecretKind.PASSPHRASE
    assert choose_device_secret({}).kind is SecretKind.KEY_STORE
    assert choose_device_secret({"BRANCHDESK_PASSPHRASE": ""}).kind is SecretKind.KEY_STORE


def test_a_passphrase_gives_the_same_secret_over_the_same_salt_only() -> None:
    source = PassphraseSecret("a made-up passphrase", CHEAP)
    secret, record = source.create(SeededRandomness(1))
    again, other = source.create(SeededRandomness(2))
    assert source.find(record) == secret
    assert (secret != again, record.salt != other.salt) == (True, True)
    assert PassphraseSecret("another passphrase", CHEAP).find(record) != secret


def test_a_broken_byte_of_the_environment_is_a_passphrase_like_any_other() -> None:
    secret, record = PassphraseSecret("caf\udce9 passphrase", CHEAP).create(SeededRandomness(1))
    assert PassphraseSecret("café passphrase", CHEAP).find(record) != secret


class _Plaintext(KeyringBackend):
    """A backend that writes a file: it must count as no key store."""

    priority = 9

    def get_password(self, service: str, username: str) -> str | None:
        """Return an entry."""
        raise AssertionError("it was asked")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep an entry."""
        raise AssertionError("it was given a secret")


_BACKENDS: list[Any] = [fail.Keyring, null.Keyring, _Plaintext]


@pytest.mark.parametrize("backend", _BACKENDS)
def test_a_backend_that_is_no_system_key_store_counts_as_none(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", backend)
    with pytest.raises(EnvironmentFault, match="key_store_missing") as caught:
        KeyStoreSecret().create(SeededRandomness())
    assert caught.value.facts["variable"] == "BRANCHDESK_PASSPHRASE"


def test_a_broken_key_store_configuration_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> KeyringBackend:
        raise ModuleNotFoundError("keyrings.alt")

    monkeypatch.setattr(keyring, "get_keyring", broken)
    with pytest.raises(EnvironmentFault, match="key_store_missing"):
        KeyStoreSecret().create(SeededRandomness())


class _Locked:
    def get_password(self, service: str, username: str) -> str | None:
        """Fail as a locked wallet does."""
        raise RuntimeError("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Fail as a locked wallet does."""
        raise RuntimeError("locked")


def test_a_locked_key_store_may_be_tried_again() -> None:
    with pytest.raises(EnvironmentFault, match="key_store_locked") as caught:
        KeyStoreSecret(_Locked()).create(SeededRandomness())
    assert caught.value.retryable


class _Forgetful:
    def get_password(self, service: str, username: str) -> str | None:
        """Forget everything."""
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Pretend."""


def test_a_key_store_that_keeps_nothing_counts_as_none() -> None:
    with pytest.raises(EnvironmentFault, match="key_store_missing"):
        KeyStoreSecret(_Forgetful()).create(SeededRandomness())


@given(st.binary(min_size=32, max_size=32), st.text(max_size=40), st.text(max_size=40))
def test_a_box_opens_for_its_own_key_and_purpose_only(
    data_key: bytes, purpose: str, other: str
) -> None:
    key = wrap_key(b"\x01" * 32, b"\x02" * 32)
    box = wrap(key, data_key, b"\x03" * 12, purpose)
    assert unwrap(key, box, purpose) == data_key
    assert unwrap(wrap_key(b"\x01" * 32), box, purpose) is None
    if other != purpose:
        assert unwrap(key, box, other) is None


def test_stretching_depends_on_secret_salt_and_cost() -> None:
    found = {
        stretch(secret, salt, cost)
        for secret in ("246810", "246811")
        for salt in (b"\0" * 16, b"\1" * 16)
        for cost in (CHEAP, Argon2Cost(2, 8, 1))
    }
    assert len(found) == 8
    assert check_value(b"k", "a") != check_value(b"k", "b")
