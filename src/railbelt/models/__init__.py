"""Estimation and decomposition: functions that take and return DataFrames and never touch files or charts."""
