"""API keys of an organization, the billing sync token among them."""
