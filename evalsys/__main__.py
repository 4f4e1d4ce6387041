"""``python -m evalsys``: the command line."""

from evalsys.cli import main

if __name__ == "__main__":
    main(prog_name="python -m evalsys")
