"""What docs/ gets from the program itself: reference pages, pictures, and the site. No part of the package."""
