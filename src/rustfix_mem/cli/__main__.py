"""`python -m rustfix_mem.cli`, for where no script is installed."""

import sys

from rustfix_mem.cli.main import main

sys.exit(main())
