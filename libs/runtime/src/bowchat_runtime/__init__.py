"""What every service runs on: consuming, publishing, storing, logging, measuring. Nothing here knows insurance."""
