"""What the embedded model is worth, and what each of its ideas is: measured, and written into docs/results.md."""
