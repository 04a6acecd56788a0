"""Tests of the claims of the chapter *Megalopolis*."""
