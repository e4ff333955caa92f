"""`python -m timegrain`: the same as `timegrain`, for services that need an absolute path."""

from timegrain.cli import main

main()
