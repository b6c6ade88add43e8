"""What docs/ gets from the program itself: reference pages, pictures, the site. No part of the package."""
