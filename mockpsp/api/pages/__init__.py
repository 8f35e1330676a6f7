"""Pages that people see: a method's checkout and 3-D Secure."""
