"""A small stateful GitHub: an App's view of REST, with real tokens, paging and webhooks."""
