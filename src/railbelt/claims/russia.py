"""Tests of the claims of the chapter *Across the border*."""
