"""Ordered answers: thresholds, polychoric and polyserial correlations, their asymptotic covariance."""
