"""The OpenAPI 3.1 document of an app, made from its routes, policies and wire models, and a page to read it."""
