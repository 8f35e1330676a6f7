"""SQLite: schema, connections, and the SQL that reads and writes each table."""
