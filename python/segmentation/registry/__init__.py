"""Write versions of the segments as rows of the registry, and read them back."""
