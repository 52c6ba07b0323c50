"""The tests mirror the package: a name says the behaviour, the docstring why it matters."""
