"""Whether a fit is what it seems: converged, identified, a lowest minimum, possible estimates."""
