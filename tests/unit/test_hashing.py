"""The key of salted hashes is that of HMAC-SHA256, and is set where it is needed."""

import hmac
from hashlib import sha256

import duckdb
import pytest

from segmentation.hashing.plugin import Plugin, key_blocks, salt_state

VARIABLES = (
    "select getvariable('segmentation_salt_state'), "
    "getvariable('segmentation_inner_key'), getvariable('segmentation_outer_key')"
)


@pytest.mark.parametrize(
    "salt",
    [b"s" * 16, b"s" * 63, b"s" * 64, b"s" * 65, bytes(range(256)), "ß€".encode()],
)
@pytest.mark.parametrize("message", [b"", b"zoe@example.com", bytes(range(256))])
def test_two_blocks_and_two_hashes_are_an_hmac(salt: bytes, message: bytes) -> None:
    inner, outer = key_blocks(salt)

    assert (
        sha256(outer + sha256(inner + message).digest()).hexdigest()
        == hmac.new(salt, message, "sha256").hexdigest()
    )


@pytest.mark.parametrize(
    ("salt", "state"),
    [("", "missing"), ("s" * 15, "short"), ("s" * 16, "ready"), ("€" * 15, "short")],
)
def test_a_salt_has_at_least_sixteen_characters(salt: str, state: str) -> None:
    assert salt_state(salt) == state


@pytest.mark.parametrize("salt", ["", "s" * 15])
def test_without_a_usable_salt_there_is_no_key(
    monkeypatch: pytest.MonkeyPatch, salt: str
) -> None:
    monkeypatch.setenv("SEGMENTATION_SALT", salt)
    with duckdb.connect() as connection:
        Plugin("hashing", {}).configure_cursor(connection)

        assert connection.execute(VARIABLES).fetchone() == (
            salt_state(salt),
            None,
            None,
        )


def test_each_cursor_is_given_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor sees the variables of no other one."""
    salt = "a salt with an ß in it"
    monkeypatch.setenv("SEGMENTATION_SALT", salt)
    with duckdb.connect() as connection:
        Plugin("hashing", {}).configure_cursor(connection)
        with connection.cursor() as cursor:
            before = cursor.execute(VARIABLES).fetchone()
            Plugin("hashing", {}).configure_cursor(cursor)
            after = cursor.execute(VARIABLES).fetchone()

    assert before == (None, None, None)
    assert after == ("ready", *key_blocks(salt.encode()))
