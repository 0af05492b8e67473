"""The program of every stack; its folder is the engine's working directory."""

from stacks import program, quiet, waiting

quiet.quieten()
waiting.once_each()
program.run()
