"""What LimeSurvey, Qualtrics, Google Forms and SPSS export, brought to the codebook's ids and codes."""
