"""What a platform is: the blueprint, the plan made of it, the facts that rules judge."""

import os

# Looking for plugins, pydantic reads the metadata of every installed package, in each process, before the first model;
# and nobody else's code belongs in our validation (docs/adr/0015).
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
