"""The public page on which somebody gives notice under a statute, and its words."""
