"""The SLA watcher: which response clock runs, stops and breaches."""
