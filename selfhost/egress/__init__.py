"""What the network between an instance and others does, per host: a simulated firewall, resolver, proxy, portal."""
