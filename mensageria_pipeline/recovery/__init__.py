"""Backups, and an installation brought back from one."""
