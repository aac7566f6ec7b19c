"""The one GitHub client: what the product asks GitHub, a module for each noun.

`GitHubApp` (`app`) signs in and reads `answers`; the functions of the other modules take it as their
first argument. Paths are built from names and ids, never from a payload's URLs; only the `Link` header of
GitHub's own answer is followed, and only its path.
"""

from ghkit.github.app import GitHubApp

__all__ = ["GitHubApp"]
