"""Run sqlfluff without Python's search for garbage, which takes a third of its time.

    python tools/lint_sql.py lint models

The processes that it starts import this module, and search for none either.
"""

import gc

from sqlfluff.cli.commands import cli

gc.disable()

if __name__ == "__main__":
    cli()
