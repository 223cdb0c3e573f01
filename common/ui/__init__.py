"""The pages for people: shell, languages, forms and who is signed in. `pages.py` is what the domains' pages use."""
