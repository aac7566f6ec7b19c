"""Stands in for the outside world on one machine; never imported by the product."""
