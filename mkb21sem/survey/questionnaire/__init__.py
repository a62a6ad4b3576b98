"""The codebook as a questionnaire: for LimeSurvey, for anything that reads XLSForm, and on paper."""
