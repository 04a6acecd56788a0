"""Tests of the claims of the chapter *A double-edged sword*."""
