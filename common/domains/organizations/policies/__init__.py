"""Policies and single sign-on of an organization."""
