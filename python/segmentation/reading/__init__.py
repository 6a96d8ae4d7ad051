"""Read raw files as they are: nothing is guessed but the delimiter."""
