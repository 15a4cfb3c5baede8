"""The wire types of an answer and the scales they speak in; knows no file, engine or framework."""
