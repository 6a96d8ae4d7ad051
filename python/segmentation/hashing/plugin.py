"""What dbt-duckdb loads: the key of salted hashes as variables of every cursor.

    segmentation_salt_state   whether there is a salt: ready, missing or short
    segmentation_inner_key    the two blocks of HMAC-SHA256, where it is ready
    segmentation_outer_key

The macro `salted_hash` reads them. The salt is taken from the environment here and
nowhere else: what dbt reads of the environment it writes down.
"""

import os
from hashlib import sha256

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

SALT_VARIABLE = "SEGMENTATION_SALT"
LEAST_CHARACTERS = 16
BLOCK_BYTES = 64


class Plugin(BasePlugin):
    """Gives the variables to every cursor, for a cursor sees those of no other."""

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Set the variables on a new cursor."""
        salt = os.environ.get(SALT_VARIABLE, "")
        state = salt_state(salt)
        variables: dict[str, str | bytes] = {"segmentation_salt_state": state}
        if state == "ready":
            inner, outer = key_blocks(os.fsencode(salt))
            variables["segmentation_inner_key"] = inner
            variables["segmentation_outer_key"] = outer
        for name, value in variables.items():
            cursor.execute(f"set variable {name} = ?", [value])


def salt_state(salt: str) -> str:
    """Say whether a salt is `ready`, `missing` or so `short` that it can be guessed."""
    if not salt:
        return "missing"
    return "ready" if len(salt) >= LEAST_CHARACTERS else "short"


def key_blocks(salt: bytes) -> tuple[bytes, bytes]:
    """Make the inner and the outer block of HMAC-SHA256 (RFC 2104, section 2).

    The hash of a message is `sha256(outer + sha256(inner + message))`.

    Parameters
    ----------
    salt
        The key, of any length.

    Returns
    -------
    tuple of bytes
        Two blocks of 64 bytes.
    """
    key = sha256(salt).digest() if len(salt) > BLOCK_BYTES else salt
    padded = key.ljust(BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)
