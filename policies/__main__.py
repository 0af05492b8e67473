"""The policy pack, as the engine starts it."""

import sys

from blueprint import garbage
from policies import carried

garbage.seldom()
if carried.OPTION in sys.argv[1:]:
    carried.serve()
else:
    from policies import server

    server.serve()
