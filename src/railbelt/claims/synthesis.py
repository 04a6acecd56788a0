"""Tests of the claims of the chapter *The verdict*."""
