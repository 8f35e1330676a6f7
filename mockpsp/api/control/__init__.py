"""The control plane under /sandbox, never part of ProcessOut's surface: one file a subject."""
