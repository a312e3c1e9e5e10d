"""`python -m ctxlearn` is the command line."""

import sys

from ctxlearn.cli import main

sys.exit(main())
