"""Types of the knowledge files, by kind of YAML file.

A file may hold only the fields of its type.

The grammar in words is in `README.md` beside this folder; `loader.py` there reads the files into these types.
"""
