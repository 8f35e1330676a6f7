"""The rules of payments, pure: no clock, files, sockets or SQL; imports nothing of ours."""
