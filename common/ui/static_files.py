"""Addresses of the files that pages load."""

from pathlib import Path

from flask import request

STATIC = Path(__file__).parent / "static"


def asset_path(name: str) -> str:
    """Where a file of `static/` is served. Browsers ask each time whether theirs is still good."""
    return f"{request.root_path.rstrip('/')}/assets/{name}"


def vendor_path(name: str) -> str:
    """Where a file of an installed package is served (`bootstrap/css/bootstrap.min.css`)."""
    return asset_path(f"vendor/{name}")
