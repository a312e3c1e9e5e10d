"""The app: pages that show what ctxlearn does; they decide nothing."""
