"""The release dial: which server release an app behaves as, and what each one changed."""
