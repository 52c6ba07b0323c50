"""For the tests of adapters, in this project and in packages that bring their own. Needs pytest."""
