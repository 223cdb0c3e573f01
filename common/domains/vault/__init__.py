"""Folders and items."""
