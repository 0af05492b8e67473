"""The program of every stack; its folder is the engine's working directory."""

from stacks import program, quiet

quiet.quieten()
program.run()
