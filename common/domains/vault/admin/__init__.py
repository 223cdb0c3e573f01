"""An organization's items as those handle them who run it, and items given to it."""
