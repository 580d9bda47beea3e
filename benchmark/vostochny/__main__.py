"""Run the command ``vostochny`` as ``python -m vostochny``."""

import sys

from vostochny.cli import main

sys.exit(main())
