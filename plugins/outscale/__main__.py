"""The plugin's process: the engine starts it as `python <this folder> <engine address>`."""

import sys

# A script's folder comes first on the path: its modules must not stand in for others of the same name.
sys.path.pop(0)

from plugins.outscale.plugin import PLUGIN
from plugins.runtime.serve import serve

serve(PLUGIN)
