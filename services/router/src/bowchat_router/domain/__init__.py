"""The rules of the router: pure, handed what is known and `now`."""
