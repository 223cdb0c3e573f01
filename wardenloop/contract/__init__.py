"""The contract of Bitwarden's licensing, billing sync, sponsorship and identity API, as cases for any server.

Cases are data (`cases/*.yaml`); what they expect comes from upstream's source, which each of them names. Run them with
`wardenloop contract run`; see docs/contract.md.
"""
