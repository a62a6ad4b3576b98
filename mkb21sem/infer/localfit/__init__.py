"""Where the model and the sample disagree: residuals, modification indices, releases."""
