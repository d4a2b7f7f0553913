"""What is hidden in the files."""

NAME = "Asha Hiddenperson"
NUMBER = "+447700900123"
SECRET = f"{NAME} {NUMBER}"
RAW = SECRET.encode()
SECRETS = (NAME.encode(), b"447700900123", NAME.encode("utf-16-le"), NAME.encode("utf-16-be"))
"""None of these may stand in a cleaned file, nor in what a reader says of it."""
