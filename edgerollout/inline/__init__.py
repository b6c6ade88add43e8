"""The inline code of a built site: found as browsers find it, hashed, or moved into files."""
