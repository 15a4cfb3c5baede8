"""A stateless triage service for runners with calf cramps or foot numbness."""
