"""Enviar: from a list to its release in five steps, each of which can be gone back to."""
