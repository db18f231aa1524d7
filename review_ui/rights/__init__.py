"""Pages of rights holders: their organisations, claims, dry runs, lists of claims, and appeals against their claims."""
