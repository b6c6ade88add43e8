"""What is known: values read from AWS and from releases, and what follows from them alone."""
