from plugins.runtime.serve import serve
from plugins.s3.plugin import PLUGIN

serve(PLUGIN)
