"""What only a simulator has: the clock's shift and the control endpoints under /_sim."""
