"""Entry of ``python -m railbelt.book``."""

import os
import sys

from railbelt.book.build import main

code = main()
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)  # to take the pages in memory apart, object by object, would take a second, and is for nothing
