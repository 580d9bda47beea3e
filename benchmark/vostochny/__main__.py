"""``python -m vostochny`` is the command ``vostochny``."""

import sys

from vostochny.cli import main

sys.exit(main())
