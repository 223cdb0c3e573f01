"""Accounts: users, one-time codes, two-step login, and the browsers that are signed in."""
