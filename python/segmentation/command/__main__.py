"""`python -m segmentation.command` is the command `segment`."""

from segmentation.command.cli import main

if __name__ == "__main__":
    main(prog_name="segment")
