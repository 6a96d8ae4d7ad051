"""Keep the salt of hashes out of SQL."""
