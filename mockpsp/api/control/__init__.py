"""The control plane under /sandbox, never part of ProcessOut's surface: one file a subject.

To add a route: a view in its subject's file; a new file's blueprint joins blueprints.py. A move of the world: moves.py.
"""
