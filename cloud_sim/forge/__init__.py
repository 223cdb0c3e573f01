"""Forged licences: what this cloud would issue, with something wrong."""
