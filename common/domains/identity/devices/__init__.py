"""A user's devices, as the user sees and changes them."""
