"""Who may ask and how often: partners' keys and rate limits; knows no framework, and the edge only asks it."""
