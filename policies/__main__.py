"""The policy pack, as the engine starts it."""

from policies import server

server.serve()
