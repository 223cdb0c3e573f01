"""One declarative model per body on the wire."""
