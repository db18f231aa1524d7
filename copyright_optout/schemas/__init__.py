"""What the HTTP routes take and give."""
