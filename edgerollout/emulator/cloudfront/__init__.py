"""CloudFront's control plane: distributions, invalidations, tags, managed policies."""
