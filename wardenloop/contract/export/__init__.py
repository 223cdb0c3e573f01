"""The contract in the words of other tools: OpenAPI, JSON Schema, HTTP Archive, Pact. Made of the cases alone."""
