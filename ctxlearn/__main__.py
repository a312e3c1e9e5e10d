"""`python -m ctxlearn` is the command line."""

import sys

from ctxlearn.cli import main

if __name__ == "__main__":  # a process that helps this one imports the module, and must not run it
    sys.exit(main())
