"""Fetching the files that policyholders sent, from the provider into the store, sealed on the way."""
