"""The policy: what the user wrote, checked and resolved."""
