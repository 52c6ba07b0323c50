"""The Dagster shell around the stages: one file per stage, plus sensors. Thin: no rule about campaigns is here."""
