"""Policies and contacts as the aggregator hands them over: rows in, events out; numbers become refs here."""
