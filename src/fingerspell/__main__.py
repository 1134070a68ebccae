"""`python -m fingerspell` is the command line."""

from fingerspell.cli import main

main()
