"""The contract of the simulated servers as data, run against any server that says it speaks it."""
