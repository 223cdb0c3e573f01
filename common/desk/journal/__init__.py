"""The journals of all apps as one: in the order of real time, both ends joined."""
