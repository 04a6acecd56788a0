"""Entry of ``python -m railbelt.book``."""

import sys

from railbelt.book.build import main

sys.exit(main())
