"""Structural equation modelling of survey waves."""
