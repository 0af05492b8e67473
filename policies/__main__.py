"""The policy pack, as the engine starts it."""

import sys

from policies import carried

if carried.OPTION in sys.argv[1:]:
    carried.serve()
else:
    from policies import server

    server.serve()
