"""Cases of hostile input, and what they are made of. ``tests/test_hostile.py`` runs them and says which public name lacks one."""
