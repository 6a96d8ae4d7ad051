"""Write the sample as CSV files: `python -m crm_sample OUTPUT_DIRECTORY`."""

import argparse
from pathlib import Path

from crm_sample.generator import generate_sample, write_sample


def main() -> None:
    """Read the command line, generate the sample and write one file per table."""
    parser = argparse.ArgumentParser(prog="crm_sample", description=__doc__)
    parser.add_argument("output_directory", type=Path)
    output_directory: Path = parser.parse_args().output_directory
    for path in write_sample(generate_sample(), output_directory):
        print(path)


if __name__ == "__main__":
    main()
