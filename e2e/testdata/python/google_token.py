"""A later step that uses Google's library for Python: it prints a token that it gets with Application Default Credentials."""

import google.auth
from google.auth.transport.requests import Request

credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
credentials.refresh(Request())
print(credentials.token)
