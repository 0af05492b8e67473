"""The program of every stack; its folder is the engine's working directory."""

from blueprint import garbage
from stacks import program, quiet, waiting

garbage.seldom()
quiet.quieten()
waiting.once_each()
program.run()
